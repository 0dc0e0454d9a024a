"""Errors of the chain side: compilers, networks, deployments."""

from .base import ZkchainError


class SolidityError(ZkchainError):
    """A contract cannot be rendered, compiled or trusted."""

    code = "solidity"
    exit_code = 10


class CompilerNotFound(SolidityError):
    """No Solidity compiler of the pinned version was found."""

    code = "solidity.compiler_not_found"
    default_remedy = "run: npm install solc@0.8.30, or set ZKCHAIN_SOLC; without one the shared verifier is used"


class CompileFailed(SolidityError):
    """The Solidity compiler reported errors."""

    code = "solidity.compile_failed"
    default_remedy = "unset ZKCHAIN_SOLC; if the source is ours, report this message"


class GuardFailed(SolidityError):
    """A generated verifier does not have the shape the guard was proved for; nothing is emitted."""

    code = "solidity.guard"
    default_remedy = "use the ezkl version this release pins"


class ContractTooLarge(SolidityError):
    """Runtime code exceeds the chain's limit (24,576 bytes, EIP-170)."""

    code = "solidity.too_large"
    default_remedy = "use the shared verifier, or compile with fewer columns"


class ChainError(ZkchainError):
    """Something between us and a chain."""

    code = "chain"
    exit_code = 11


class NetworkUnknown(ChainError):
    """No network of this name is configured."""

    code = "chain.unknown_network"
    default_remedy = "use --network local, or add the network to zkchain.toml"


class ConnectionFailed(ChainError):
    """The network's RPC endpoint did not answer, or not in time."""

    code = "chain.connection"
    default_remedy = "check the URL and that the node is running"


class RpcError(ChainError):
    """The RPC endpoint answered with an error or with something that makes no sense."""

    code = "chain.rpc"
    default_remedy = "read the node's log, or set another rpc_url in zkchain.toml"


class HeadStale(ChainError):
    """The endpoint has fallen behind its chain: what it says of nonces, fees and receipts is old."""

    code = "chain.stale_head"
    default_remedy = "wait until the node has caught up, or set another rpc_url in zkchain.toml"


class WrongChain(ChainError):
    """The endpoint serves another chain id than the one configured or recorded."""

    code = "chain.wrong_chain"
    default_remedy = "check rpc_url and chain_id of the network"


class DevnetFailed(ChainError):
    """The local devnet could not be started or stopped."""

    code = "chain.devnet"
    default_remedy = "run `zkchain doctor` and `zkchain devnet --stop`"


class SignerMissing(ChainError):
    """No key was given for a network that has no development accounts."""

    code = "chain.no_signer"
    default_remedy = "set ZKCHAIN_PRIVATE_KEY or the network's signer in zkchain.toml"


class KeystoreRefused(ChainError):
    """A keystore file is damaged, too heavy to open, or its password is wrong."""

    code = "chain.keystore"
    default_remedy = "check the file and the password; nothing was changed"


class WalletTaken(ChainError):
    """There is a wallet of this name already; keys are never overwritten."""

    code = "chain.wallet_taken"
    default_remedy = "choose another name, or move the old wallet away"


class DevKeyRefused(ChainError):
    """A publicly known development key was about to sign for a chain that is not a devnet."""

    code = "chain.dev_key"
    default_remedy = "use a key of your own"


class FakeProofRefused(ChainError):
    """A proof of the fake prover, or its mock verifier, was about to be used on a chain that is not a devnet."""

    code = "chain.fake_proof"
    default_remedy = "use the real prover"


class ChainUnfit(ChainError):
    """The chain lacks something that verification needs, such as the BN254 precompiles."""

    code = "chain.unfit"
    default_remedy = "use a chain with working precompiles 0x05 to 0x08"


class SafeUnfit(ChainError):
    """The address that a proposal is for holds no Safe of a version that will do."""

    code = "chain.safe"
    default_remedy = "give safe: and the address of a Safe of 1.3.0 or later on this network"


class PublicationFailed(ChainError):
    """A service that verifies contract sources did not answer, refused, or found that the source does not match."""

    code = "chain.publication"
    default_remedy = "read the service's words; run `zkchain audit` to compare source and chain here"


class InsufficientFunds(ChainError):
    """The signer cannot pay for the transaction."""

    code = "chain.funds"
    default_remedy = "fund the signer"


class CursorTaken(ChainError):
    """Another process follows events under this cursor's name."""

    code = "chain.cursor_taken"
    default_remedy = "end the other process, or choose another --cursor"


class CursorLost(ChainError):
    """A cursor cannot be followed on from where it stands; it was left as it is."""

    code = "chain.cursor_lost"
    default_remedy = "begin a new one with another --cursor, and --from-block to say where"


class DeploymentError(ZkchainError):
    """A deployment record is missing, damaged, or differs from the chain."""

    code = "deployment"
    exit_code = 12


class DeploymentNotFound(DeploymentError):
    """Nothing of this name or circuit is recorded on this network."""

    code = "deployment.not_found"
    default_remedy = "run: zkchain deploy BUNDLE --network NAME"


class DeploymentCorrupt(DeploymentError):
    """A record under deployments/ cannot be read or belongs to another chain."""

    code = "deployment.corrupt"
    default_remedy = "move the damaged record away and deploy again"


class DeploymentDrift(DeploymentError):
    """The chain does not hold the code or the registry entry that the record says."""

    code = "deployment.drift"
    default_remedy = "do not use this address; deploy again and find out why it changed"


class DeploymentTaken(DeploymentError):
    """The name stands for another deployment than the one asked for; its record was left as it is."""

    code = "deployment.taken"
    default_remedy = "choose another --name"


class DeploymentAmbiguous(DeploymentError):
    """Several deployments serve this circuit, and nothing says which is meant."""

    code = "deployment.ambiguous"
    default_remedy = "say which with --name"


class ModelStopped(DeploymentError):
    """The model's owner stopped it in the registry; it accepts no answers, and a stop is for good."""

    code = "deployment.stopped"
    default_remedy = "deploy the bundle under another --name, which registers it anew"


class SmokeTestFailed(DeploymentError):
    """A fresh verifier accepted what it must refuse, or refused an honest proof; it was not recorded."""

    code = "deployment.smoke_test"
    default_remedy = "do not use this verifier; report the vector named"

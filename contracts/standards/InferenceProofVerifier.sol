// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IProofVerifier} from "./IProofVerifier.sol";

/// @title One model version's proofs for agent verifiers (ERC-8274 draft)
/// @notice `inputHash` and `outputHash` are the keccak256 of the packed input and output instances, each 32 bytes, big
/// endian; of nothing when inputs are private. `metadata` is empty. `proof` is
/// `abi.encode(uint256[] instances, bytes proof, Binding binding)`.
contract InferenceProofVerifier is IProofVerifier, IERC165 {
    /// @notice The gateway that checks the proofs.
    IInferenceGateway public immutable gateway;

    /// @notice The one model version whose answers are verified.
    uint256 public immutable modelId;

    /// @inheritdoc IProofVerifier
    bytes32 public immutable proofProfile;

    /// @inheritdoc IProofVerifier
    string public constant proofSystem = "zk/halo2-kzg-bn254";

    IModelRegistry.Layout private _layout;

    /// @notice The hashes are not those of the proof's instances, or there is metadata, of which none is defined.
    error OtherStatement();

    /// @param gateway_ The gateway that checks the proofs.
    /// @param modelId_ The one model version whose answers are verified.
    constructor(IInferenceGateway gateway_, uint256 modelId_) {
        (gateway, modelId) = (gateway_, modelId_);
        IModelRegistry registry = IModelRegistry(gateway_.registry());
        _layout = registry.routeOf(modelId_).layout;
        proofProfile = registry.getVersion(modelId_).circuitDigest;
    }

    /// @inheritdoc IProofVerifier
    /// @dev False for whatever is wrong. Looks at no binding and keeps no list: a proof is true as often as it is shown.
    function verify(bytes32 inputHash, bytes32 outputHash, bytes calldata metadata, bytes calldata proof)
        external
        view
        returns (bool)
    {
        if (metadata.length != 0) return false;
        try this.requireProved(inputHash, outputHash, proof) {
            return true;
        } catch {
            return false;
        }
    }

    /// @notice Reverts unless the proof shows that the input of this hash gives the output of that hash.
    function requireProved(bytes32 inputHash, bytes32 outputHash, bytes calldata proof) external view {
        (uint256[] memory instances, bytes memory inner,) =
            abi.decode(proof, (uint256[], bytes, IInferenceGateway.Binding));
        bool same = _hash(instances, _layout.inputStart, _layout.inputCount) == inputHash
            && _hash(instances, _layout.outputStart, _layout.outputCount) == outputHash;
        if (!same) revert OtherStatement();
        gateway.check(modelId, instances, inner);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IProofVerifier).interfaceId;
    }

    function _hash(uint256[] memory instances, uint256 start, uint256 count) private pure returns (bytes32) {
        uint256[] memory part = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            part[i] = instances[start + i];
        }
        return keccak256(abi.encodePacked(part));
    }
}

"""The ten development accounts that anvil, hardhat and our devnet share. Their keys are public: never fund them."""

from eth_account.hdaccount import seed_from_mnemonic
from eth_account.hdaccount.deterministic import HDPath

from ..values import Address

#: The phrase every Ethereum development node uses.
MNEMONIC = "test test test test test test test test test test test junk"
#: Parent of the accounts; account N is `<HD_PATH>/N`.
HD_PATH = "m/44'/60'/0'/0"

DEV_ADDRESSES = (
    Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    Address("0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
    Address("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    Address("0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    Address("0x976EA74026E726554dB657fA54763abd0C3a0aa9"),
    Address("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    Address("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    Address("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
)


def dev_key(index: int) -> bytes:
    """The private key of account `index`. Raises IndexError beyond the ten."""
    if not 0 <= index < len(DEV_ADDRESSES):
        raise IndexError(f"development account {index} does not exist; there are {len(DEV_ADDRESSES)}")
    return HDPath(f"{HD_PATH}/{index}").derive(seed_from_mnemonic(MNEMONIC, ""))

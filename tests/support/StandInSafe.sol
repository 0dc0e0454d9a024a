// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title As much of a Safe as our proposals ask of one; its owner lets it make a call by that call's hash.
contract StandInSafe {
    bytes32 private constant _DOMAIN = keccak256("EIP712Domain(uint256 chainId,address verifyingContract)");
    bytes32 private constant _CALL = keccak256(
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
    );

    string public VERSION;
    uint256 public nonce;
    bytes32 private _salt;

    /// @dev With a salt, hashes are not a Safe's.
    constructor(string memory version, bytes32 salt) {
        (VERSION, _salt) = (version, salt);
    }

    function execute(address to, bytes calldata data, bytes32 hash) external {
        bytes32 expected = getTransactionHash(to, 0, data, 0, 0, 0, 0, address(0), address(0), nonce++);
        require(hash == expected, "GS026");
        (bool good,) = to.call(data);
        require(good, "GS013");
    }

    function getTransactionHash(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address refundReceiver,
        uint256 ofNonce
    ) public view returns (bytes32) {
        bytes memory head = abi.encode(_CALL, to, value, keccak256(data), operation, safeTxGas, baseGas, gasPrice);
        bytes32 fields = keccak256(bytes.concat(head, abi.encode(gasToken, refundReceiver, ofNonce)));
        bytes32 domain = keccak256(abi.encode(_DOMAIN, block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, fields)) ^ _salt;
    }
}

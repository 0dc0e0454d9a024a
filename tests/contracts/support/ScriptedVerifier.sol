// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Stands in for generated code: answers every call with the bytes it was given, or reverts with them.
contract ScriptedVerifier {
    bytes private _answer;
    bool private _fails;
    bytes32 private _registered;

    function script(bytes calldata answer, bool fails) external {
        _answer = answer;
        _fails = fails;
    }

    function scriptRegistration(bytes32 digest) external {
        _registered = digest;
    }

    function registerVka(bytes32[] calldata vka) external view returns (bytes32) {
        return _registered == 0 ? keccak256(abi.encodePacked(vka)) : _registered;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (_fails) revert(string(_answer));
        return _answer;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Stranger} from "./Stranger.sol";

/// @title Tries a deployed contract against rules, inside one call that changes nothing
/// @notice Created in an `eth_call`: whatever the rules register or deprecate is undone when the call ends. The findings
/// come back as the data of a revert, since nothing else leaves a constructor.
abstract contract Probe {
    /// @notice One rule and how the contract did.
    struct Finding {
        string rule;
        bool held;
        bytes found; // what the contract answered, where that says more
    }

    /// @dev Somebody else than the probe.
    Stranger internal immutable _STRANGER;

    Finding[] private _findings;

    /// @notice All that was found.
    error Findings(Finding[] findings);

    constructor() {
        _STRANGER = new Stranger();
    }

    /// @notice All rules, one after the other.
    function run(address target) external returns (Finding[] memory) {
        _rules(target);
        return _findings;
    }

    function _rules(address target) internal virtual;

    function _note(string memory rule, bool held, bytes memory found) internal {
        _findings.push(Finding(rule, held, found));
    }

    /// @dev The call has to fail with exactly this error.
    function _refuses(string memory rule, bool ok, bytes memory found, bytes memory reason) internal {
        _note(rule, !ok && keccak256(found) == keccak256(reason), ok ? bytes("accepted") : found);
    }

    /// @dev ERC-165: the answer to an id, with the gas that the standard allows.
    function _supports(address target, bytes4 id) internal view returns (bool ok, bool answer) {
        bytes memory data;
        // A probe asks what it is told to ask.
        // slither-disable-next-line low-level-calls
        (ok, data) = target.staticcall{gas: 30_000}(abi.encodeWithSelector(0x01ffc9a7, id));
        ok = ok && data.length == 32 && uint256(bytes32(data)) <= 1;
        answer = ok && uint256(bytes32(data)) == 1;
    }

    function _isTrue(bytes memory answer) internal pure returns (bool) {
        return answer.length >= 32 && uint256(bytes32(answer)) == 1;
    }

    /// @dev The word at this place of an answer that is long enough.
    function _wordAt(bytes memory answer, uint256 index) internal pure returns (uint256 word) {
        for (uint256 i = 0; i < 32; ++i) {
            word = (word << 8) | uint8(answer[32 * index + i]);
        }
    }

    function _rule165(address target) internal {
        (bool ok, bool answer) = _supports(target, 0x01ffc9a7);
        _note("erc165.self: supportsInterface(0x01ffc9a7) is true, within 30,000 gas", ok && answer, "");
        (ok, answer) = _supports(target, 0xffffffff);
        _note("erc165.invalid: supportsInterface(0xffffffff) is false, within 30,000 gas", ok && !answer, "");
    }
}

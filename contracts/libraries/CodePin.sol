// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Trust in an address, as far as its code goes
library CodePin {
    /// @notice Nothing is deployed at `account`.
    error NoCode(address account);

    /// @notice `account` holds other code than the one pinned.
    error CodeHashMismatch(address account, bytes32 expected, bytes32 found);

    /// @notice Reverts unless `account` holds code with exactly this hash.
    /// @dev An account without code has a hash too, so its length is asked first: a call to it would succeed.
    function check(address account, bytes32 expected) internal view {
        if (account.code.length == 0) revert NoCode(account);
        bytes32 found = account.codehash;
        if (found != expected) revert CodeHashMismatch(account, expected, found);
    }
}

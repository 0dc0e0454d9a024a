// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceReceiver} from "../../../contracts/interfaces/IInferenceReceiver.sol";

/// @dev A receiver that behaves, fails, burns its gas, answers with too much, or comes back in.
contract Receiver is IInferenceReceiver {
    enum Manner {
        Kind,
        Reverting,
        Burning,
        Bomb,
        RevertBomb,
        Reentering
    }

    Manner public manner;
    bytes32 public told;
    uint256 public gasSeen;
    bytes private _again;

    function behave(Manner manner_, bytes calldata again) external {
        (manner, _again) = (manner_, again);
    }

    function onInference(uint256, bytes32 statement, address, uint256[] calldata) external {
        gasSeen = gasleft();
        if (manner == Manner.Reverting) revert("no");
        if (manner == Manner.Burning) while (true) told = keccak256(abi.encode(told));
        if (manner == Manner.Bomb) answer(1_000_000);
        if (manner == Manner.RevertBomb) revert(string(new bytes(60_000)));
        if (manner == Manner.Reentering) {
            (bool ok,) = msg.sender.call(_again);
            require(ok, "refused");
        }
        told = statement;
    }

    function answer(uint256 size) private pure {
        bytes memory large = new bytes(size);
        assembly ("memory-safe") {
            return(large, size)
        }
    }
}

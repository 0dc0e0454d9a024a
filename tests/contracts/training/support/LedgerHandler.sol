// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../../../../contracts/interfaces/ITrainingLedger.sol";
import {Federation} from "./Federation.sol";

/// @dev Takes any step of any client and of the coordinator at any time, and keeps its own books. What may fail is
/// tried; the invariants are about what did not. Few batches and a low cap, so that clients wear out.
contract LedgerHandler is Federation {
    mapping(address client => uint256) public submissions;
    mapping(address client => uint256) public spent;
    mapping(uint256 round => uint256) public updates;
    mapping(uint256 round => bool) public closed;
    mapping(uint256 round => bytes32) public closedTo;
    mapping(uint256 round => mapping(address client => bool)) private _in; // has an update that counts
    bytes32 public modelByClosing;
    uint256 public modelChangedOtherwise;
    uint256 public closedFalsely;
    uint256 public epsilonFell;
    uint256 public joinedBeyondTheLimit;
    uint256 public joiningEndedEarly;
    uint256 public closings;
    uint256 public reached; // one bit for each phase

    constructor(uint8 candidates_) {
        (chunks, cap, candidates) = (1, 15, candidates_);
        setUp();
        modelByClosing = ledger.currentModel();
    }

    function at() external view returns (ITrainingLedger) {
        return ledger;
    }

    function client(uint256 index) external view returns (address) {
        return who[index % 4];
    }

    modifier watched() {
        uint64[4] memory before;
        for (uint256 i = 0; i < 4; ++i) {
            before[i] = ledger.epsilonOf(who[i]);
        }
        _;
        for (uint256 i = 0; i < 4; ++i) {
            if (ledger.epsilonOf(who[i]) < before[i]) epsilonFell += 1;
            spent[who[i]] = ledger.epsilonOf(who[i]);
        }
        if (ledger.currentModel() != modelByClosing) modelChangedOtherwise += 1;
        reached |= 1 << uint256(ledger.phase(ledger.currentRound()));
    }

    /// @dev Most calls are of use, so that rounds get somewhere: the step that is due, by some clients in turn.
    function step(uint8 which, uint8 many, bool bad) external watched {
        for (uint256 i = 0; i <= many % 4; ++i) {
            _step(who[(uint256(which) + i) % 4], bad);
        }
    }

    /// @dev Some phases in which all do what is due, a block apart.
    function play(uint8 phases) external watched {
        for (uint256 i = 0; i <= phases % 4; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                _step(who[j], false);
            }
            nextBlock();
        }
    }

    function finish(uint8 without, bool lying) external watched {
        uint256 round = ledger.currentRound();
        address[] memory all = _updatesOf(round);
        if (all.length == 0) return;
        address[] memory named = all;
        if (without % 4 == 0) {
            named = new address[](all.length - 1);
            for (uint256 i = 0; i < named.length; ++i) {
                named[i] = all[i];
            }
        }
        if (named.length == 0) return;
        bytes memory body = bytes.concat(model, sumPoints(named, round), nextModel(round));
        if (lying) body = swapped(body, 1, cut(basis(), 0, 1));
        bytes memory points = allPoints(named, round);
        try ledger.close(round, sealServer(body), named, points) {
            if (lying || named.length != all.length) closedFalsely += 1;
            closings += 1;
            (closed[round], updates[round]) = (true, named.length);
            model = nextModel(round);
            modelByClosing = keccak256(model);
            closedTo[round] = modelByClosing;
        } catch {}
    }

    /// @dev Ends what can be ended.
    function end(uint8 how, uint8 which) external watched {
        uint256 round = ledger.currentRound();
        if (how % 5 == 0) {
            try ledger.endJoin(round) {} catch {}
        } else if (how % 5 == 1) {
            try ledger.endNoise(round) {} catch {}
        } else if (how % 5 == 2) {
            try ledger.abort(round) {} catch {}
        } else if (how % 5 == 3) {
            try ledger.dispute(round) {} catch {}
        } else {
            _strike(who[which % 4], round);
        }
    }

    /// @dev Mostly a block or a few, sometimes a long time, seldom so many blocks that their hashes are forgotten.
    function pass(uint16 time, uint16 number) external watched {
        vm.warp(block.timestamp + (time % 3 == 0 ? time % 500 : 12));
        blocks.roll(block.number + 1 + number % 8 + (number > 65000 ? 300 : 0));
    }

    function exchange(uint8 which, bool out) external watched {
        address one = who[which % 4];
        if (out) try ledger.expel(one) {} catch {} else try ledger.enroll(one) {} catch {}
    }

    function _step(address one, bool bad) private {
        uint256 round = ledger.currentRound();
        ITrainingLedger.Phase now_ = ledger.phase(round);
        if (now_ == ITrainingLedger.Phase.Join) _join(one, round);
        else if (now_ == ITrainingLedger.Phase.Noise) _commit(one, round);
        else if (now_ == ITrainingLedger.Phase.Submit) _submit(one, round, bad);
        else if (now_ == ITrainingLedger.Phase.Reveal) _reveal(one, round, bad);
        else ledger.openRound();
    }

    function _join(address one, uint256 round) private {
        ITrainingLedger.ClientView memory before = ledger.clientOf(one);
        bytes32 hash = updateHash(one, round);
        vm.prank(one);
        try ledger.join(round, hash) {
            if (before.participations >= before.limit) joinedBeyondTheLimit += 1;
            if (ledger.phase(round) != ITrainingLedger.Phase.Join) _expectAllIn(round);
        } catch {}
    }

    /// @dev The phase ended with this client, so nobody is left who could have come.
    function _expectAllIn(uint256 round) private {
        for (uint256 i = 0; i < 4; ++i) {
            ITrainingLedger.ClientView memory one = ledger.clientOf(who[i]);
            bool could = one.enrolled && one.participations < one.limit;
            if (could && one.round != round) joiningEndedEarly += 1;
        }
    }

    function _commit(address one, uint256 round) private {
        ITrainingLedger.ClientView memory before = ledger.clientOf(one);
        (bytes32 hash, bytes32 next) = noiseOf(one, round);
        vm.prank(one);
        try ledger.commitNoise(round, hash, next) {
            (usedIn[one][round], drawnBy[one]) = (drawnBy[one], round);
            if (before.participations >= before.limit) joinedBeyondTheLimit += 1;
            if (ledger.phase(round) != ITrainingLedger.Phase.Noise) _expectAllIn(round);
        } catch {}
    }

    function _submit(address one, uint256 round, bool bad) private {
        if (candidates != 0) {
            try ledger.beaconOf(round) {}
            catch {
                return;
            }
        }
        ITrainingLedger.Update memory update = honest(one, round);
        if (bad) update.proof[64] ^= 0x01;
        vm.prank(one);
        try ledger.submit(round, update) {
            submissions[one] += 1;
            _in[round][one] = true;
        } catch {}
    }

    function _reveal(address one, uint256 round, bool bad) private {
        uint256[] memory scalars = values(one, round, 0);
        if (bad) scalars[0] += 1;
        bytes memory points = updatePoints(one, round);
        bytes memory all = basis();
        vm.prank(one);
        try ledger.reveal(round, points, scalars, all) {} catch {}
    }

    function _strike(address one, uint256 round) private {
        try ledger.strike(round, one) {
            _in[round][one] = false;
        } catch {}
    }

    function _updatesOf(uint256 round) private view returns (address[] memory some) {
        uint256 count = 0;
        for (uint256 i = 0; i < 4; ++i) {
            if (_in[round][who[i]]) count += 1;
        }
        some = new address[](count);
        for (uint256 i = 4; i > 0; --i) {
            if (_in[round][who[i - 1]]) some[--count] = who[i - 1];
        }
    }
}

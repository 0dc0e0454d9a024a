// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {CodePin} from "../../../contracts/libraries/CodePin.sol";
import {G1} from "../../../contracts/libraries/G1.sol";
import {TrainingLedger} from "../../../contracts/training/TrainingLedger.sol";
import {Federation} from "./support/Federation.sol";

contract LedgerSetupTest is Federation {
    /// @dev A call of its own: where tests are linked when they run, `new` is a cheat code, and one that is expected to
    /// revert ends the test that it stands in.
    function create(ITrainingLedger.Setup memory s) external returns (ITrainingLedger) {
        return new TrainingLedger(s);
    }

    function refused(ITrainingLedger.Setup memory s, bytes memory reason) private {
        vm.expectRevert(reason);
        this.create(s);
    }

    function refused(ITrainingLedger.Setup memory s, bytes4 reason) private {
        refused(s, abi.encodeWithSelector(reason));
    }

    function testKeepsWhatItWasGiven() public view {
        equal(abi.encode(ledger.setup()), abi.encode(given()));
        equal(ledger.currentModel(), keccak256(model));
        equal(ledger.currentRound(), 0);
        equal(ledger.modelRound(), 0);
    }

    function testKeepsEveryFieldWhateverTheOthersAre() public {
        ITrainingLedger.Setup memory s = given();
        (s.weighted, s.devSrs, s.basisHash, s.quorum) = (true, false, 0, 65535);
        (s.joinSeconds, s.noiseSeconds, s.submitSeconds, s.closeSeconds) = (1, 0, type(uint32).max, 4);
        (s.candidates, s.schedule, s.chunks, s.coordinator) = (0, new uint64[](0), 255, address(7));
        equal(abi.encode(new TrainingLedger(s).setup()), abi.encode(s));
    }

    function testRefusesEachFieldThatIsMissing() public {
        ITrainingLedger.Setup memory s = given();
        s.coordinator = address(0);
        refused(s, ITrainingErrors.NoCoordinator.selector);
        s = given();
        s.chunks = 0;
        refused(s, ITrainingErrors.NoChunks.selector);
        s = given();
        s.genesis = 0;
        refused(s, ITrainingErrors.NoGenesis.selector);
        s = given();
        s.quorum = 0;
        refused(s, ITrainingErrors.NoQuorum.selector);
    }

    function testRefusesEachWindowThatIsEmpty() public {
        ITrainingLedger.Setup memory s = given();
        s.joinSeconds = 0;
        deployed(s); // nobody joins where there is noise
        (s.candidates, s.schedule) = (0, new uint64[](0));
        refused(s, abi.encodeWithSelector(ITrainingErrors.EmptyWindow.selector, "join"));
        s = given();
        s.noiseSeconds = 0;
        refused(s, abi.encodeWithSelector(ITrainingErrors.EmptyWindow.selector, "noise"));
        s = given();
        s.submitSeconds = 0;
        refused(s, abi.encodeWithSelector(ITrainingErrors.EmptyWindow.selector, "submit"));
        s = given();
        s.closeSeconds = 0;
        refused(s, abi.encodeWithSelector(ITrainingErrors.EmptyWindow.selector, "close"));
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzCandidatesAreNoneOrTwoToSixteen(uint8 number) public {
        ITrainingLedger.Setup memory s = given();
        s.candidates = number;
        if (number == 0) s.schedule = new uint64[](0);
        if (number == 1 || number > 16) {
            refused(s, abi.encodeWithSelector(ITrainingErrors.BadCandidates.selector, number));
        } else {
            equal(new TrainingLedger(s).setup().candidates, number);
        }
    }

    function testNoiseAndScheduleComeTogether() public {
        ITrainingLedger.Setup memory s = given();
        s.candidates = 0;
        refused(s, abi.encodeWithSelector(ITrainingErrors.ScheduleMismatch.selector, 0, 4));
        s = given();
        s.schedule = new uint64[](0);
        refused(s, abi.encodeWithSelector(ITrainingErrors.ScheduleMismatch.selector, 3, 0));
    }

    function testFuzzAScheduleGrows(uint64 a, uint64 b, uint64 c) public {
        ITrainingLedger.Setup memory s = given();
        s.schedule = new uint64[](3);
        (s.schedule[0], s.schedule[1], s.schedule[2]) = (a, b, c);
        bool good = a > 0 && b > a && c > b;
        uint256 index = a == 0 ? 0 : b <= a ? 1 : 2;
        if (!good) vm.expectRevert(abi.encodeWithSelector(ITrainingErrors.ScheduleNotIncreasing.selector, index));
        this.create(s);
    }

    function testRefusesOtherCodeThanIsPinned() public {
        for (uint256 i = 0; i < 3; ++i) {
            ITrainingLedger.Setup memory s = given();
            ITrainingLedger.Circuit memory circuit = i == 0 ? s.client : i == 1 ? s.server : s.weights;
            bytes32 found = circuit.codeHash;
            circuit.codeHash = "other";
            refused(
                s, abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, circuit.adapter, bytes32("other"), found)
            );
            circuit.adapter = address(0xE0A);
            refused(s, abi.encodeWithSelector(CodePin.NoCode.selector, address(0xE0A)));
        }
        ITrainingLedger.Setup memory t = given();
        t.registry = address(0xE0A);
        refused(t, abi.encodeWithSelector(CodePin.NoCode.selector, address(0xE0A)));
    }

    function testRefusesABlankThatIsNoPoint() public {
        ITrainingLedger.Setup memory s = given();
        s.blank = G1.Point(0, 0);
        refused(s, abi.encodeWithSelector(G1.NotAPoint.selector, 0, 0));
        s.blank = G1.Point(1, 3);
        refused(s, abi.encodeWithSelector(G1.NotAPoint.selector, 1, 3));
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzADevelopmentSrsIsForDevelopmentChains(uint64 chain) public {
        vm.assume(chain != 0);
        ITrainingLedger.Setup memory s = given();
        vm.chainId(chain);
        if (chain != 31337 && chain != 1337) {
            refused(s, abi.encodeWithSelector(ITrainingErrors.DevSrsRefused.selector, uint256(chain)));
        }
        s.devSrs = false;
        new TrainingLedger(s);
        s.devSrs = true;
        vm.chainId(31337);
        new TrainingLedger(s);
        vm.chainId(1337);
        new TrainingLedger(s);
    }
}

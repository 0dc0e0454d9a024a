// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICircuitBook} from "../../contracts/interfaces/ICircuitBook.sol";
import {IERCZKMLRegistry} from "../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IInferenceGateway} from "../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {CodePin} from "../../contracts/libraries/CodePin.sol";
import {FixedVerifier} from "./support/FixedVerifier.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";
import {ScriptedVerifier} from "./support/ScriptedVerifier.sol";

contract CircuitBookTest is GatewayCheck {
    bytes32 private constant OFF_CHAIN = keccak256("checked off the chain");

    /// @dev A circuit with an adapter of its own, which no version has.
    function circuit(string memory name) private returns (ICircuitBook.Circuit memory) {
        FixedVerifier own = new FixedVerifier(keccak256(bytes(name)), KEY);
        return ICircuitBook.Circuit(keccak256(bytes(name)), name, address(own), address(own).codehash, KEY, true);
    }

    /// @dev A circuit without an adapter.
    function loose() private pure returns (ICircuitBook.Circuit memory) {
        return ICircuitBook.Circuit(OFF_CHAIN, "training.bridge", address(0), 0, keccak256("vk"), false);
    }

    function only(ICircuitBook.Circuit memory one) private pure returns (ICircuitBook.Circuit[] memory many) {
        many = new ICircuitBook.Circuit[](1);
        many[0] = one;
    }

    function register(address owner, ICircuitBook.Circuit memory one) private {
        vm.prank(owner);
        registry.registerCircuits(only(one));
    }

    function refuse(ICircuitBook.Circuit memory changed, bytes memory reason) private {
        vm.expectRevert(reason);
        registry.registerCircuits(only(changed));
        isUnknown(address(this), changed.circuitDigest);
    }

    function isUnknown(address owner, bytes32 digest) private {
        vm.expectRevert(abi.encodeWithSelector(ICircuitBook.CircuitNotRegistered.selector, owner, digest));
        registry.circuitOf(owner, digest);
    }

    function isKept(address owner, ICircuitBook.Circuit memory one, uint256 since) private view {
        ICircuitBook.CircuitEntry memory entry = registry.circuitOf(owner, one.circuitDigest);
        equal(bytes(entry.statement), bytes(one.statement));
        equal(entry.adapter, one.adapter);
        equal(entry.adapterCodeHash, one.adapterCodeHash);
        equal(entry.keyDigest, one.keyDigest);
        isTrue(entry.devSrs == one.devSrs, "devSrs");
        equal(entry.since, since);
    }

    function testKeepsEveryFieldAndSaysSo() public {
        ICircuitBook.Circuit memory one = circuit("training.step");
        vm.expectEmit(true, true, true, true, address(registry));
        emit ICircuitBook.CircuitRegistered(BOB, one.circuitDigest, one.adapter, one.statement);
        register(BOB, one);
        isKept(BOB, one, 1_700_000_000);
    }

    function testKeepsACircuitWhoseProofsAreCheckedOffTheChain() public {
        vm.expectEmit(true, true, true, true, address(registry));
        emit ICircuitBook.CircuitRegistered(BOB, OFF_CHAIN, address(0), "training.bridge");
        register(BOB, loose());
        isKept(BOB, loose(), 1_700_000_000);
    }

    function testKeepsSeveralOfOneCallAndAllOrNone() public {
        ICircuitBook.Circuit[] memory many = new ICircuitBook.Circuit[](3);
        (many[0], many[1], many[2]) = (circuit("training.step"), circuit("training.server"), loose());
        many[2].statement = "";
        vm.expectRevert(abi.encodeWithSelector(ICircuitBook.BadStatement.selector, 0, registry.MAX_STATEMENT()));
        registry.registerCircuits(many);
        isUnknown(address(this), many[0].circuitDigest);
        many[2].statement = "training.bridge";
        registry.registerCircuits(many);
        for (uint256 i = 0; i < 3; ++i) {
            isKept(address(this), many[i], 1_700_000_000);
        }
    }

    function testTakesAsManyAsAreAllowedAndRefusesNoneAndOneMore() public {
        uint256 most = registry.MAX_CIRCUITS();
        equal(most, 16);
        vm.expectRevert(abi.encodeWithSelector(ICircuitBook.BadCircuitCount.selector, 0, most));
        registry.registerCircuits(new ICircuitBook.Circuit[](0));
        vm.expectRevert(abi.encodeWithSelector(ICircuitBook.BadCircuitCount.selector, most + 1, most));
        registry.registerCircuits(numbered(most + 1));
        ICircuitBook.Circuit[] memory many = numbered(most);
        registry.registerCircuits(many);
        isKept(address(this), many[0], 1_700_000_000);
        isKept(address(this), many[most - 1], 1_700_000_000);
    }

    function numbered(uint256 count) private pure returns (ICircuitBook.Circuit[] memory many) {
        many = new ICircuitBook.Circuit[](count);
        for (uint256 i = 0; i < count; ++i) {
            many[i] = loose();
            many[i].circuitDigest = bytes32(i + 1);
        }
    }

    function testRefusesTheSameCircuitTwiceWhateverElseIsSaid() public {
        ICircuitBook.Circuit memory one = circuit("training.step");
        register(BOB, one);
        bytes memory reason =
            abi.encodeWithSelector(ICircuitBook.CircuitAlreadyRegistered.selector, BOB, one.circuitDigest);
        vm.expectRevert(reason);
        register(BOB, one);
        ICircuitBook.Circuit memory other = loose();
        other.circuitDigest = one.circuitDigest;
        vm.warp(1_800_000_000);
        vm.expectRevert(reason);
        register(BOB, other);
        isKept(BOB, one, 1_700_000_000);
    }

    function testRefusesTheSameCircuitTwiceInOneCall() public {
        ICircuitBook.Circuit[] memory many = new ICircuitBook.Circuit[](2);
        (many[0], many[1]) = (loose(), loose());
        vm.expectRevert(
            abi.encodeWithSelector(ICircuitBook.CircuitAlreadyRegistered.selector, address(this), OFF_CHAIN)
        );
        registry.registerCircuits(many);
        isUnknown(address(this), OFF_CHAIN);
    }

    function testFuzzAnotherOwnersEntryIsItsOwn(address first, address second, bytes32 key) public {
        vm.assume(first != second && key != 0);
        register(first, loose());
        isUnknown(second, OFF_CHAIN);
        ICircuitBook.Circuit memory other = loose();
        (other.statement, other.keyDigest) = ("something else", key);
        vm.warp(1_800_000_000);
        register(second, other);
        isKept(first, loose(), 1_700_000_000);
        isKept(second, other, 1_800_000_000);
    }

    function testFuzzRefusesToSayAnythingOfWhatNobodyRegistered(address owner, bytes32 digest) public {
        isUnknown(owner, digest);
    }

    function testRefusesZeroDigests() public {
        ICircuitBook.Circuit memory changed = circuit("training.step");
        changed.circuitDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "circuitDigest"));
        changed = circuit("training.step");
        changed.adapterCodeHash = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "adapterCodeHash"));
        changed = circuit("training.step");
        changed.keyDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "keyDigest"));
        changed = loose();
        changed.keyDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "keyDigest"));
    }

    function testFuzzANameHasOneByteToSixtyFour(uint8 length) public {
        ICircuitBook.Circuit memory one = loose();
        one.statement = string(new bytes(length));
        if (length == 0 || length > 64) {
            refuse(one, abi.encodeWithSelector(ICircuitBook.BadStatement.selector, uint256(length), 64));
        } else {
            register(BOB, one);
            isKept(BOB, one, 1_700_000_000);
        }
    }

    function testTheLongestNameIsTakenAndOneByteMoreIsNot() public {
        ICircuitBook.Circuit memory one = loose();
        one.statement = string(new bytes(65));
        refuse(one, abi.encodeWithSelector(ICircuitBook.BadStatement.selector, 65, 64));
        one.statement = string(new bytes(64));
        register(BOB, one);
        isKept(BOB, one, 1_700_000_000);
    }

    function testRefusesAnAdapterWithoutCodeAndACodeHashWithoutAdapter() public {
        ICircuitBook.Circuit memory changed = circuit("training.step");
        changed.adapter = ALICE;
        refuse(changed, abi.encodeWithSelector(CodePin.NoCode.selector, ALICE));
        changed.adapter = address(0);
        refuse(changed, abi.encodeWithSelector(CodePin.NoCode.selector, address(0)));
    }

    function testFuzzRefusesAnyOtherCodeHash(bytes32 other) public {
        ICircuitBook.Circuit memory changed = circuit("training.step");
        vm.assume(other != changed.adapterCodeHash && other != 0);
        bytes32 found = changed.adapterCodeHash;
        changed.adapterCodeHash = other;
        refuse(changed, abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, changed.adapter, other, found));
    }

    function testFuzzRefusesAnAdapterOfAnotherCircuit(bytes32 other) public {
        ICircuitBook.Circuit memory changed = circuit("training.step");
        vm.assume(other != changed.circuitDigest && other != 0);
        bytes32 found = changed.circuitDigest;
        changed.circuitDigest = other;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.CircuitMismatch.selector, other, found));
    }

    function testFuzzRefusesAnAdapterOfAnotherKey(bytes32 other) public {
        vm.assume(other != KEY && other != 0);
        ICircuitBook.Circuit memory changed = circuit("training.step");
        changed.keyDigest = other;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.KeyDigestMismatch.selector, other, KEY));
    }

    function testRefusesAnAdapterThatDoesNotAnswer() public {
        ScriptedVerifier dumb = new ScriptedVerifier();
        ICircuitBook.Circuit memory changed = circuit("training.step");
        (changed.adapter, changed.adapterCodeHash) = (address(dumb), address(dumb).codehash);
        refuse(changed, "");
        dumb.script("no", true);
        refuse(changed, abi.encodeWithSignature("Error(string)", "no"));
    }

    function testFuzzRefusesADevelopmentReferenceStringElsewhere(uint64 chain) public {
        vm.assume(chain != 31337 && chain != 1337);
        ICircuitBook.Circuit memory one = circuit("training.step");
        ICircuitBook.Circuit memory other = loose();
        other.devSrs = true;
        vm.chainId(chain);
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.DevSrsRefused.selector, uint256(chain));
        refuse(one, reason);
        refuse(other, reason);
        (one.devSrs, other.devSrs) = (false, false);
        register(BOB, one);
        register(BOB, other);
        isTrue(!registry.circuitOf(BOB, OFF_CHAIN).devSrs, "not marked");
    }

    function testAllowsADevelopmentReferenceStringOnDevelopmentChains() public {
        vm.chainId(1337);
        register(BOB, circuit("training.step"));
        isTrue(registry.circuitOf(BOB, keccak256("training.step")).devSrs, "marked");
    }

    function testNoGatewayTakesAnEntryForAModel() public {
        ICircuitBook.Circuit memory one = circuit("training.step");
        registry.registerCircuits(only(one));
        uint256[3] memory ids = [
            uint256(one.circuitDigest),
            registry.modelIdOf(address(this), one.circuitDigest, one.adapter),
            uint256(keccak256(abi.encode(address(this), one.circuitDigest)))
        ];
        IInferenceGateway.Binding memory binding = forAccount(address(this));
        uint256[] memory instances = statement(1, binding);
        bytes memory proof = FixedVerifier(one.adapter).proofOf(instances);
        FixedVerifier(one.adapter).verify(instances, proof); // which holds, and is no answer
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, ids[i]);
            vm.expectRevert(reason);
            registry.routeOf(ids[i]);
            vm.expectRevert(reason);
            registry.getVersion(ids[i]);
            vm.expectRevert(reason);
            registry.ownerOf(ids[i]);
            vm.expectRevert(reason);
            gateway.submit(ids[i], instances, proof, binding);
        }
    }

    function testAModelByTheSameHashesStandsForNoEntry() public {
        ICircuitBook.Circuit memory one = circuit("training.step");
        registry.registerCircuits(only(one));
        uint256 model = registry.registerModel(
            IERCZKMLRegistry.ModelCommitment(
                keccak256("model"), one.circuitDigest, one.keyDigest, registry.PROOF_SYSTEM_ID(), ""
            )
        );
        equal(registry.versionOf(model), 0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotAVersion.selector, model));
        registry.routeOf(model);
    }

    function testAVersionIsNoEntryAndAnEntryKeepsNoVersionOut() public {
        isUnknown(address(this), CIRCUIT);
        ICircuitBook.Circuit memory same =
            ICircuitBook.Circuit(CIRCUIT, "model", address(adapter), address(adapter).codehash, KEY, true);
        register(BOB, same);
        vm.prank(BOB);
        uint256 id = registry.register(version(), none());
        equal(registry.ownerOf(id), BOB);
        isKept(BOB, same, 1_700_000_000);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ReusableHalo2Adapter} from "../../contracts/adapters/ReusableHalo2Adapter.sol";
import {IModelVerifier} from "../../contracts/interfaces/IModelVerifier.sol";
import {CodePin} from "../../contracts/libraries/CodePin.sol";
import {Check} from "./support/Check.sol";
import {ScriptedVerifier} from "./support/ScriptedVerifier.sol";

contract ReusableHalo2AdapterTest is Check {
    bytes32 private constant CIRCUIT = keccak256("circuit");
    address private constant KEY_DATA = address(0xDA7A);
    ScriptedVerifier private shared;
    ReusableHalo2Adapter private adapter;
    bytes32 private digest;
    uint256[] private instances;

    function setUp() public {
        shared = new ScriptedVerifier();
        bytes32[] memory words = new bytes32[](3);
        (words[0], words[1], words[2]) = (keccak256("a"), keccak256("b"), keccak256("c"));
        digest = keccak256(bytes.concat(words[0], words[1], words[2]));
        vm.etch(KEY_DATA, abi.encode(words));
        adapter = build(digest);
        instances = new uint256[](2);
    }

    function build(bytes32 expected) private returns (ReusableHalo2Adapter) {
        return new ReusableHalo2Adapter(address(shared), address(shared).codehash, KEY_DATA, expected, CIRCUIT);
    }

    function testSaysWhatItIs() public view {
        equal(adapter.circuit(), CIRCUIT);
        equal(adapter.keyDigest(), digest);
        equal(adapter.keyDataCodeHash(), KEY_DATA.codehash);
        equal(adapter.sharedCodeHash(), address(shared).codehash);
    }

    function testReturnsWhenTheVerifierSaysTrueForThePinnedKey() public {
        shared.script(abi.encode(true, digest), false);
        adapter.verify(instances, "proof");
    }

    function testIgnoresTheArrayThatIsNotEncoded() public {
        shared.script(abi.encode(true, digest, type(uint256).max), false);
        adapter.verify(instances, "proof");
    }

    function testFuzzRefusesAVerdictAboutAnotherKey(bytes32 other) public {
        vm.assume(other != digest);
        shared.script(abi.encode(true, other), false);
        vm.expectRevert(abi.encodeWithSelector(ReusableHalo2Adapter.KeyMismatch.selector, digest, other));
        adapter.verify(instances, "proof");
    }

    function testRevertsWhenTheVerifierSaysFalse() public {
        shared.script(abi.encode(false, digest), false);
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        adapter.verify(instances, "proof");
    }

    function testRevertsWhenTheVerifierReverts() public {
        shared.script("VKA not registered", true);
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        adapter.verify(instances, "proof");
    }

    function testFuzzRevertsOnAnAnswerThatIsTooShort(uint256 length) public {
        shared.script(new bytes(bounded(length, 0, 63)), false);
        vm.expectRevert();
        adapter.verify(instances, "proof");
    }

    function testFuzzRefusesAChangedKeyLater(bytes calldata other) public {
        vm.assume(other.length != 0 && keccak256(other) != KEY_DATA.codehash && other[0] != 0xef);
        bytes32 pinned = adapter.keyDataCodeHash();
        vm.etch(KEY_DATA, other);
        vm.expectRevert(abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, KEY_DATA, pinned, keccak256(other)));
        adapter.verify(instances, "proof");
    }

    function testRefusesOtherVerifierCodeLater() public {
        bytes32 pinned = address(shared).codehash;
        vm.etch(address(shared), hex"00");
        vm.expectRevert(
            abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, address(shared), pinned, keccak256(hex"00"))
        );
        adapter.verify(instances, "proof");
    }

    function testFuzzIsNotBuiltOnAnotherKey(bytes32 wrong) public {
        vm.assume(wrong != digest);
        vm.expectRevert(abi.encodeWithSelector(ReusableHalo2Adapter.KeyMismatch.selector, wrong, digest));
        build(wrong);
    }

    function testIsNotBuiltOnTheVerifiersWordAlone() public {
        bytes32 wrong = keccak256("another");
        shared.scriptRegistration(wrong);
        vm.expectRevert(abi.encodeWithSelector(ReusableHalo2Adapter.KeyMismatch.selector, wrong, digest));
        build(wrong);
    }

    function testIsNotBuiltWhenTheVerifierRegistersAnotherKey() public {
        shared.scriptRegistration(keccak256("another"));
        vm.expectRevert(abi.encodeWithSelector(ReusableHalo2Adapter.KeyMismatch.selector, digest, keccak256("another")));
        build(digest);
    }

    function testIsNotBuiltWithoutAKeyOrAVerifier() public {
        vm.etch(KEY_DATA, "");
        vm.expectRevert(abi.encodeWithSelector(CodePin.NoCode.selector, KEY_DATA));
        build(digest);
        bytes32 found = address(shared).codehash;
        vm.expectRevert(abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, address(shared), bytes32(0), found));
        new ReusableHalo2Adapter(address(shared), 0, KEY_DATA, digest, CIRCUIT);
    }

    function testIsNotBuiltOnCodeThatIsNotAKey() public {
        vm.etch(KEY_DATA, hex"00");
        vm.expectRevert();
        build(digest);
    }
}

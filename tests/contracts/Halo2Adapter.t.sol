// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Halo2Adapter} from "../../contracts/adapters/Halo2Adapter.sol";
import {IModelVerifier} from "../../contracts/interfaces/IModelVerifier.sol";
import {CodePin} from "../../contracts/libraries/CodePin.sol";
import {Check} from "./support/Check.sol";
import {ScriptedVerifier} from "./support/ScriptedVerifier.sol";

contract Halo2AdapterTest is Check {
    bytes32 private constant CIRCUIT = keccak256("circuit");
    ScriptedVerifier private generated;
    Halo2Adapter private adapter;
    uint256[] private instances;

    function setUp() public {
        generated = new ScriptedVerifier();
        adapter = new Halo2Adapter(address(generated), address(generated).codehash, CIRCUIT);
        instances = new uint256[](2);
    }

    function testSaysWhatItIs() public view {
        equal(adapter.circuit(), CIRCUIT);
        equal(adapter.keyDigest(), address(generated).codehash);
        equal(adapter.generated(), address(generated));
    }

    function testReturnsWhenTheVerifierSaysTrue() public {
        generated.script(abi.encode(true), false);
        adapter.verify(instances, "proof");
    }

    function testRevertsWhenTheVerifierSaysFalse() public {
        generated.script(abi.encode(false), false);
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        adapter.verify(instances, "proof");
    }

    function testRevertsWhenTheVerifierReverts() public {
        generated.script("reason", true);
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        adapter.verify(instances, "proof");
    }

    function testFuzzRevertsOnAnyAnswerThatIsNotExactlyTrue(uint256 word, uint256 length) public {
        vm.assume(word != 1);
        generated.script(abi.encode(word), false);
        vm.expectRevert();
        adapter.verify(instances, "proof");
        generated.script(new bytes(bounded(length, 0, 31)), false);
        vm.expectRevert();
        adapter.verify(instances, "proof");
    }

    function testRefusesOtherCodeLater() public {
        generated.script(abi.encode(true), false);
        bytes32 pinned = adapter.keyDigest();
        bytes memory other = hex"600160005260206000f3"; // says true to everything
        vm.etch(address(generated), other);
        vm.expectRevert(
            abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, address(generated), pinned, keccak256(other))
        );
        adapter.verify(instances, "proof");
        vm.etch(address(generated), "");
        vm.expectRevert(abi.encodeWithSelector(CodePin.NoCode.selector, address(generated)));
        adapter.verify(instances, "proof");
    }

    function testFuzzIsNotBuiltOnOtherCode(bytes32 wrong) public {
        bytes32 found = address(generated).codehash;
        vm.assume(wrong != found);
        vm.expectRevert(abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, address(generated), wrong, found));
        new Halo2Adapter(address(generated), wrong, CIRCUIT);
    }

    function testIsNotBuiltOnAnAddressWithoutCode() public {
        vm.expectRevert(abi.encodeWithSelector(CodePin.NoCode.selector, address(0xE0A)));
        new Halo2Adapter(address(0xE0A), keccak256(""), CIRCUIT);
    }
}

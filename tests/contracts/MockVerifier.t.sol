// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelVerifier} from "../../contracts/interfaces/IModelVerifier.sol";
import {MockVerifier} from "../../contracts/mocks/MockVerifier.sol";
import {Check} from "./support/Check.sol";

contract MockVerifierTest is Check {
    bytes32 private constant CIRCUIT = keccak256("circuit");
    MockVerifier private mock;

    function setUp() public {
        vm.chainId(31337);
        mock = new MockVerifier(CIRCUIT);
    }

    function proofOf(bytes32 circuit, uint256[] memory instances) private view returns (bytes memory) {
        return abi.encode(keccak256(abi.encodePacked(mock.keyDigest(), circuit, instances)));
    }

    function isDev(uint256 chain) private pure returns (bool) {
        return chain == 31337 || chain == 1337;
    }

    function testSaysWhatItIs() public view {
        equal(mock.circuit(), CIRCUIT);
        equal(mock.keyDigest(), keccak256("zkchain.mock.v1"));
    }

    function testFuzzTakesTheProofOfTheseInstancesOnBothDevelopmentChains(uint256[] calldata instances) public {
        mock.verify(instances, proofOf(CIRCUIT, instances));
        vm.chainId(1337);
        mock.verify(instances, proofOf(CIRCUIT, instances));
        new MockVerifier(CIRCUIT);
    }

    function testFuzzRefusesEveryOtherProof(uint256[] calldata instances, bytes calldata proof) public {
        vm.assume(keccak256(proof) != keccak256(proofOf(CIRCUIT, instances)));
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        mock.verify(instances, proof);
    }

    function testFuzzRefusesTheProofOfOtherInstances(uint256[] memory instances, uint256 at, uint256 value) public {
        vm.assume(instances.length != 0);
        bytes memory proof = proofOf(CIRCUIT, instances);
        at = at % instances.length;
        vm.assume(instances[at] != value);
        instances[at] = value;
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        mock.verify(instances, proof);
    }

    function testFuzzRefusesTheProofOfAnotherCircuit(bytes32 other, uint256[] calldata instances) public {
        vm.assume(other != CIRCUIT);
        bytes memory proof = proofOf(other, instances);
        vm.expectRevert(abi.encodeWithSelector(IModelVerifier.ProofRejected.selector));
        mock.verify(instances, proof);
    }

    function testFuzzCannotBeCreatedElsewhere(uint64 chain) public {
        vm.assume(!isDev(chain));
        vm.chainId(chain);
        vm.expectRevert(abi.encodeWithSelector(MockVerifier.OnlyOnDevnets.selector, uint256(chain)));
        new MockVerifier(CIRCUIT);
    }

    /// @dev Its code can be put anywhere without running its constructor; the answers it gives there are refusals.
    function testFuzzAnswersNothingElsewhereHoweverItsCodeCameThere(uint64 chain, uint256[] calldata instances) public {
        vm.assume(!isDev(chain));
        bytes memory honest = proofOf(CIRCUIT, instances);
        address copied = address(0xC0DE);
        vm.etch(copied, address(mock).code);
        IModelVerifier(copied).verify(instances, honest);
        vm.chainId(chain);
        bytes memory reason = abi.encodeWithSelector(MockVerifier.OnlyOnDevnets.selector, uint256(chain));
        vm.expectRevert(reason);
        IModelVerifier(copied).verify(instances, honest);
        vm.expectRevert(reason);
        mock.verify(instances, honest);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ModelRegistry} from "../../../../contracts/ModelRegistry.sol";
import {ITrainingErrors} from "../../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../../contracts/interfaces/ITrainingLedger.sol";
import {G1} from "../../../../contracts/libraries/G1.sol";
import {Check} from "../../support/Check.sol";
import {Blocks} from "./Blocks.sol";
import {Curve} from "./Curve.sol";
import {SealVerifier} from "./SealVerifier.sol";

/// @dev A ledger, its circuits and four honest clients, whose secrets, noise, updates and batches follow from their
/// address and the round. This contract coordinates.
abstract contract Federation is Check {
    uint256 internal constant R = Curve.R;
    uint256 internal constant VALUES = 3; // in a chunk
    uint32 internal constant JOIN = 100;
    uint32 internal constant NOISE = 200;
    uint32 internal constant SUBMIT = 300;
    uint32 internal constant CLOSE = 400;
    uint32 internal constant BATCHES = 3;
    uint64 internal constant CAP = 35;
    uint64 internal cap = CAP;
    Blocks internal constant blocks = Blocks(address(vm));

    ITrainingLedger internal ledger;
    ModelRegistry internal registry;
    SealVerifier internal clientCircuit;
    SealVerifier internal serverCircuit;
    SealVerifier internal weightsCircuit;
    address[4] internal who = [address(0x1111), address(0x2222), address(0x3333), address(0x4444)];
    bytes internal model; // the points of its weights
    uint256 internal chunks = 2;
    uint8 internal candidates = 3;
    bool internal weighted;
    uint16 internal quorum = 2;
    mapping(address client => uint256 round) internal drawnBy; // in which it committed to its next secrets
    mapping(address client => mapping(uint256 round => uint256)) internal usedIn; // and the round of those it used

    function setUp() public virtual {
        vm.chainId(31337);
        vm.warp(1_700_000_000);
        blocks.roll(1000);
        registry = new ModelRegistry();
        clientCircuit = new SealVerifier("client");
        serverCircuit = new SealVerifier("server");
        weightsCircuit = new SealVerifier("weights");
        start();
    }

    /// @dev A new ledger as the fields say, with all clients and their data in it.
    function start() internal {
        model = Curve.some("genesis", chunks);
        ledger = deployed(given());
        for (uint256 i = 0; i < who.length; ++i) {
            ledger.enroll(who[i]);
            register(who[i]);
            drawnBy[who[i]] = 0;
        }
    }

    /// @dev From the artifact: with `new`, every test's code would have the ledger's in it, and be compiled with it.
    function deployed(ITrainingLedger.Setup memory setup_) internal returns (ITrainingLedger) {
        return ITrainingLedger(blocks.deployCode("TrainingLedger.sol:TrainingLedger", abi.encode(setup_)));
    }

    function register(address client) internal {
        bytes32 root = rootOf(client);
        vm.prank(client);
        ledger.registerData(root, BATCHES, samplesOf(client), 4, candidates == 0 ? 0 : cap, secretsHash(client, 0));
    }

    function given() internal view returns (ITrainingLedger.Setup memory s) {
        s.coordinator = address(this);
        s.registry = address(registry);
        s.client = ITrainingLedger.Circuit(address(clientCircuit), address(clientCircuit).codehash);
        s.server = ITrainingLedger.Circuit(address(serverCircuit), address(serverCircuit).codehash);
        s.weights = ITrainingLedger.Circuit(address(weightsCircuit), address(weightsCircuit).codehash);
        s.chunks = uint8(chunks);
        (s.blank.x, s.blank.y) = Curve.coordinates(Curve.times(Curve.log("blank")));
        s.genesis = keccak256(model);
        s.schedule = new uint64[](candidates == 0 ? 0 : 4);
        for (uint256 i = 0; i < s.schedule.length; ++i) {
            s.schedule[i] = uint64(10 * (i + 1));
        }
        s.candidates = candidates;
        s.quorum = quorum;
        s.weighted = weighted;
        (s.joinSeconds, s.noiseSeconds, s.submitSeconds, s.closeSeconds) = (JOIN, NOISE, SUBMIT, CLOSE);
        s.basisHash = keccak256(basis());
        s.devSrs = true;
    }

    // --- what clients know -------------------------------------------------------------------------------------------

    function samplesOf(address client) internal pure returns (uint32) {
        return uint32(uint160(client) % 7) + 1;
    }

    /// @dev Committed to in round `drawn`, or with the data: 0. They are for the noise after that.
    function secret(address client, uint256 drawn, uint256 candidate) internal pure returns (bytes32) {
        return keccak256(abi.encode("secret", client, drawn, candidate));
    }

    /// @dev Zero without noise.
    function secretsHash(address client, uint256 drawn) internal view returns (bytes32) {
        bytes memory all;
        for (uint256 i = 0; i < candidates; ++i) {
            all = bytes.concat(all, keccak256(abi.encode(secret(client, drawn, i))));
        }
        return candidates == 0 ? bytes32(0) : keccak256(all);
    }

    function updateHash(address client, uint256 round) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(client, updatePoints(client, round)));
    }

    function noise(address client, uint256 round) internal view returns (bytes memory all) {
        return Curve.some(abi.encode("noise", client, round), chunks * candidates);
    }

    /// @dev Points hash of each candidate.
    function noiseHashes(address client, uint256 round) internal view returns (bytes32[] memory hashes) {
        bytes memory all = noise(client, round);
        hashes = new bytes32[](candidates);
        for (uint256 i = 0; i < candidates; ++i) {
            hashes[i] = keccak256(cut(all, i * chunks, chunks));
        }
    }

    /// @dev What a client commits to in phase Noise.
    function noiseOf(address client, uint256 round) internal view returns (bytes32 hash, bytes32 next) {
        return (keccak256(abi.encodePacked(noiseHashes(client, round))), secretsHash(client, round));
    }

    /// @dev What the ledger then keeps, for secrets that were drawn in round `drawn`.
    function candidatesHash(address client, uint256 round, uint256 drawn) internal view returns (bytes32) {
        (bytes32 hash,) = noiseOf(client, round);
        return keccak256(abi.encode(hash, secretsHash(client, drawn)));
    }

    function batch(address client, uint256 index) internal view returns (bytes memory) {
        return Curve.times(Curve.log(abi.encode("batch", client, index)));
    }

    /// @dev Values of an update: small, and one of them negative.
    function values(address client, uint256 round, uint256 chunk) internal pure returns (uint256[] memory found) {
        found = new uint256[](VALUES);
        for (uint256 i = 0; i < VALUES; ++i) {
            found[i] = uint256(keccak256(abi.encode(client, round, chunk, i))) % 1000;
        }
        found[1] = R - 1 - found[1];
    }

    function basisLog(uint256 index) internal pure returns (uint256) {
        return Curve.log(abi.encode("basis", index));
    }

    function basis() internal view returns (bytes memory points) {
        for (uint256 i = 0; i < VALUES; ++i) {
            points = bytes.concat(points, Curve.times(basisLog(i)));
        }
    }

    /// @dev Logarithm of an update's commitment without the blank.
    function bareLog(address client, uint256 round, uint256 chunk) internal pure returns (uint256 sum) {
        uint256[] memory found = values(client, round, chunk);
        for (uint256 i = 0; i < VALUES; ++i) {
            sum = addmod(sum, mulmod(found[i], basisLog(i), R), R);
        }
    }

    function updatePoints(address client, uint256 round) internal view returns (bytes memory points) {
        for (uint256 chunk = 0; chunk < chunks; ++chunk) {
            points = bytes.concat(points, Curve.times(addmod(bareLog(client, round, chunk), Curve.log("blank"), R)));
        }
    }

    // --- the tree, written a second time: from the top down ----------------------------------------------------------

    function leaf(address client, uint256 index) internal view returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(index, keccak256(batch(client, index))))));
    }

    function rootOf(address client) internal view returns (bytes32) {
        return node(client, 0, BATCHES);
    }

    /// @dev The node over the leaves `from`..`to`; a full left half where it can be.
    function node(address client, uint256 from, uint256 to) internal view returns (bytes32) {
        if (to - from == 1) return leaf(client, from);
        uint256 half = halfOf(to - from);
        return Hashes.commutativeKeccak256(node(client, from, from + half), node(client, from + half, to));
    }

    function path(address client, uint256 index) internal view returns (bytes32[] memory found) {
        bytes memory words = _path(client, index, 0, BATCHES);
        found = new bytes32[](words.length / 32);
        for (uint256 i = 0; i < found.length; ++i) {
            bytes32 word;
            for (uint256 j = 0; j < 32; ++j) {
                word |= bytes32(words[32 * i + j]) >> (8 * j);
            }
            found[i] = word;
        }
    }

    function _path(address client, uint256 index, uint256 from, uint256 to) private view returns (bytes memory) {
        if (to - from == 1) return "";
        uint256 middle = from + halfOf(to - from);
        return index < middle
            ? bytes.concat(_path(client, index, from, middle), node(client, middle, to))
            : bytes.concat(_path(client, index, middle, to), node(client, from, middle));
    }

    /// @dev The greatest power of two below `count`.
    function halfOf(uint256 count) internal pure returns (uint256 half) {
        half = 1;
        while (half * 2 < count) half *= 2;
    }

    // --- the steps of a round ----------------------------------------------------------------------------------------

    function open() internal returns (uint256) {
        return ledger.openRound();
    }

    function join(address client, uint256 round) internal {
        bytes32 hash = updateHash(client, round);
        vm.prank(client);
        ledger.join(round, hash);
    }

    function commitNoise(address client, uint256 round) internal {
        (bytes32 hash, bytes32 next) = noiseOf(client, round);
        uint256 before = drawnBy[client];
        vm.prank(client);
        ledger.commitNoise(round, hash, next);
        (usedIn[client][round], drawnBy[client]) = (before, round);
    }

    function nextBlock() internal {
        blocks.roll(block.number + 1);
        vm.warp(block.timestamp + 12);
    }

    function openProof(address client, uint256 round, uint256 index, uint256 chosen)
        internal
        view
        returns (bytes memory)
    {
        bytes memory used =
            candidates == 0 ? Curve.some("salt", chunks) : cut(noise(client, round), chosen * chunks, chunks);
        bytes memory factors = Curve.some(abi.encode("factors", client, round), 1);
        return bytes.concat(batch(client, index), model, used, factors, updatePoints(client, round));
    }

    function honest(address client, uint256 round) internal view returns (ITrainingLedger.Update memory update) {
        uint256 chosen = candidates == 0 ? 0 : ledger.candidateOf(client);
        uint256 index = ledger.nextBatchOf(client);
        update.proof = clientProof(openProof(client, round, index, chosen));
        update.path = path(client, index);
        update.noiseHashes = noiseHashes(client, round);
        update.secrets = new bytes32[](candidates);
        for (uint256 i = 0; i < candidates; ++i) {
            bytes32 word = secret(client, usedIn[client][round], i);
            update.secrets[i] = i == chosen ? keccak256(abi.encode(word)) : word;
        }
    }

    function submit(address client, uint256 round) internal {
        ITrainingLedger.Update memory update = honest(client, round);
        vm.prank(client);
        ledger.submit(round, update);
    }

    function clientProof(bytes memory body) internal view returns (bytes memory) {
        return clientCircuit.proofOf(new uint256[](0), body);
    }

    /// @dev The first `count` clients.
    function first(uint256 count) internal view returns (address[] memory some) {
        some = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = who[i];
        }
    }

    /// @dev A round up to the phase of submissions, with these clients in it.
    function seated(address[] memory some) internal returns (uint256 round) {
        round = open();
        nextBlock();
        for (uint256 i = 0; i < some.length; ++i) {
            if (candidates == 0) join(some[i], round);
            else commitNoise(some[i], round);
        }
        ITrainingLedger.Phase phase = ledger.phase(round);
        if (phase != ITrainingLedger.Phase.Submit) {
            vm.warp(ledger.roundOf(round).deadline + 1);
            if (phase == ITrainingLedger.Phase.Join) ledger.endJoin(round);
            else ledger.endNoise(round);
        }
        nextBlock();
    }

    /// @dev A round in which these clients have submitted.
    function submitted(address[] memory some) internal returns (uint256 round) {
        round = seated(some);
        for (uint256 i = 0; i < some.length; ++i) {
            submit(some[i], round);
        }
    }

    // --- the server --------------------------------------------------------------------------------------------------

    function weight(address client) internal view returns (uint256) {
        return weighted ? samplesOf(client) : 1;
    }

    function sumPoints(address[] memory some, uint256 round) internal view returns (bytes memory points) {
        for (uint256 chunk = 0; chunk < chunks; ++chunk) {
            uint256 sum = Curve.log("blank");
            for (uint256 i = 0; i < some.length; ++i) {
                sum = addmod(sum, mulmod(weight(some[i]), bareLog(some[i], round, chunk), R), R);
            }
            points = bytes.concat(points, Curve.times(sum));
        }
    }

    function allPoints(address[] memory some, uint256 round) internal view returns (bytes memory points) {
        for (uint256 i = 0; i < some.length; ++i) {
            points = bytes.concat(points, updatePoints(some[i], round));
        }
    }

    function nextModel(uint256 round) internal view returns (bytes memory) {
        return Curve.some(abi.encode("model", round), chunks);
    }

    function serverProof(address[] memory some, uint256 round) internal view returns (bytes memory) {
        return sealServer(bytes.concat(model, sumPoints(some, round), nextModel(round)));
    }

    function sealServer(bytes memory body) internal view returns (bytes memory) {
        return serverCircuit.proofOf(new uint256[](0), body);
    }

    function close(address[] memory some, uint256 round) internal {
        bytes memory proof = serverProof(some, round);
        ledger.close(round, proof, some, allPoints(some, round));
        model = nextModel(round);
    }

    // --- bytes -------------------------------------------------------------------------------------------------------

    /// @dev `count` points from the one at `from` on.
    function cut(bytes memory points, uint256 from, uint256 count) internal pure returns (bytes memory part) {
        part = new bytes(64 * count);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = points[64 * from + i];
        }
    }

    /// @dev The same bytes with another point at `index`.
    function swapped(bytes memory points, uint256 index, bytes memory other) internal pure returns (bytes memory) {
        bytes memory changed = bytes.concat(points);
        for (uint256 i = 0; i < 64; ++i) {
            changed[64 * index + i] = other[i];
        }
        return changed;
    }

    /// @dev What is said of the point at `index`, when it is none.
    function noPoint(bytes memory points, uint256 index) internal pure returns (bytes memory) {
        (uint256 x, uint256 y) = Curve.coordinates(cut(points, index, 1));
        return abi.encodeWithSelector(G1.NotAPoint.selector, x, y);
    }

    /// @dev What is said of a proof whose weights stand from the point at `index` on, and are not the model's.
    function wrongModel(bytes memory proof, uint256 index) internal view returns (bytes memory) {
        bytes32 found = keccak256(cut(proof, index, chunks));
        return abi.encodeWithSelector(ITrainingErrors.WrongModel.selector, keccak256(model), found);
    }

    function expect(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    function expect(bytes4 selector, uint256 a) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, a));
    }

    function expect(bytes4 selector, uint256 a, uint256 b) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, a, b));
    }

    function isPhase(uint256 round, ITrainingLedger.Phase expected) internal view {
        equal(uint256(ledger.phase(round)), uint256(expected));
    }

    function blank() internal view returns (G1.Point memory point) {
        return ledger.setup().blank;
    }
}

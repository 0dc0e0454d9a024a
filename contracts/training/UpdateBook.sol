// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {G1} from "../libraries/G1.sol";
import {ClientBook} from "./ClientBook.sol";

/// @title A client's two steps in a round: to commit to its noise, or without noise to join, and to prove its update
/// @notice A proof says nothing of who sends it, but nobody can send another's: a client commits to its candidates of
/// noise, or without noise to its update under its own name, before anybody has shown one.
abstract contract UpdateBook is ClientBook {
    /// @inheritdoc ITrainingLedger
    function join(uint256 round, bytes32 updateHash) external {
        Live storage live = _expect(round, Phase.Join);
        _expectBy(live.deadline);
        Client storage client = _enrolled(msg.sender);
        if (client.round == round && client.stage != Stage.None) revert AlreadyJoined(msg.sender);
        _expectAble(msg.sender);
        if (updateHash == 0) revert ZeroField("updateHash");
        // It is the open round's number, which has so many bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        (client.round, client.stage, client.revealed) = (uint32(round), Stage.Joined, 0);
        client.secretsHash = updateHash;
        uint16 members = ++live.members;
        emit ClientJoined(round, msg.sender, updateHash);
        if (members >= live.ready && members >= _QUORUM) _endJoin();
    }

    /// @inheritdoc ITrainingLedger
    /// @dev The secrets of each noise were committed to with the one before, or with the data: they are shown with the
    /// update, also when it is refused, so they are never used again.
    function commitNoise(uint256 round, bytes32 noiseHash, bytes32 nextSecrets) external {
        Live storage live = _expect(round, Phase.Noise);
        _expectBy(live.deadline);
        Client storage client = _enrolled(msg.sender);
        if (client.round == round) {
            if (client.stage == Stage.None) revert BeaconKnown(msg.sender);
            revert NoiseAlreadyCommitted(msg.sender);
        }
        _expectAble(msg.sender);
        if (nextSecrets == 0) revert ZeroField("nextSecrets");
        // Commitments that can be made before the beacon is known would make it void.
        if (!live.drawn) _draw();
        // It is the open round's number, which has so many bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        (client.round, client.stage, client.revealed) = (uint32(round), Stage.Committed, 0);
        (client.commitment, client.secretsHash) = (_candidatesHash(noiseHash, client.secretsHash), nextSecrets);
        uint16 done = ++live.done;
        emit NoiseCommitted(round, msg.sender, noiseHash);
        if (done >= live.members && done >= _QUORUM) _endNoise();
    }

    /// @inheritdoc ITrainingLedger
    /// @dev The points in the proof: batch, weights, noise, factors, update. The factors, by which the client lets each
    /// sample count, are its own business; so is the noise where no candidates are: the circuit takes only salt from it.
    function submit(uint256 round, Update calldata update) external {
        Live storage live = _expect(round, Phase.Submit);
        _expectBy(live.deadline);
        Client storage client = _member(round);
        if (client.stage == Stage.Submitted) revert AlreadySubmitted(msg.sender);

        uint256 first = 2 + 2 * uint256(_CHUNKS);
        _expectPoints(update.proof, first + _CHUNKS);
        uint256 batch = client.participations % client.batches;
        _checkBatch(client, batch, update);
        _expectModel(_points(update.proof, 1));
        uint256 chosen = _checkNoise(client, update);
        // The ledger computes with these, so one that is no point would keep everyone from closing.
        G1.checkAll(update.proof, first, _CHUNKS);
        _verify(_CLIENT_ADAPTER, _CLIENT_CODE, new uint256[](0), update.proof);
        _accept(live, client, batch, chosen, update);
    }

    /// @dev The caller's record, if it is in this round and still enrolled.
    function _member(uint256 round) private view returns (Client storage client) {
        client = _enrolled(msg.sender);
        if (client.round != round || client.stage == Stage.None) revert NotJoined(msg.sender);
    }

    /// @dev Keeps the update and charges for it.
    function _accept(Live storage live, Client storage client, uint256 batch, uint256 chosen, Update calldata update)
        private
    {
        bytes calldata points = _points(update.proof, 2 + 2 * uint256(_CHUNKS));
        client.commitment = keccak256(points);
        client.stage = Stage.Submitted;
        client.participations += 1;
        if (!_able(client)) live.ready -= 1;
        live.done += 1;
        uint64 epsilon = epsilonOf(msg.sender);
        if (epsilon > live.maxEpsilon) live.maxEpsilon = epsilon;
        bytes32 used = _CANDIDATES == 0 ? bytes32(0) : update.noiseHashes[chosen];
        emit UpdateProved(live.round, msg.sender, batch, points, epsilon, chosen, update.secrets, used);
    }

    function _checkBatch(Client storage client, uint256 batch, Update calldata update) private view {
        // Hashed twice, so that no leaf is a node; a batch's number is in its leaf.
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(batch, keccak256(update.proof[:G1.SIZE])))));
        if (!MerkleProof.verifyCalldata(update.path, client.root, leaf)) revert WrongBatch(msg.sender, batch);
    }

    /// @dev That the candidates and secrets are those committed to, and the proof is of the candidate that was drawn;
    /// without noise, that the update is the one committed to.
    function _checkNoise(Client storage client, Update calldata update) private returns (uint256 chosen) {
        _expectLength("noiseHashes", _CANDIDATES, update.noiseHashes.length);
        _expectLength("secrets", _CANDIDATES, update.secrets.length);
        if (_CANDIDATES == 0) {
            bytes calldata points = _points(update.proof, 2 + 2 * uint256(_CHUNKS));
            bytes32 own = keccak256(abi.encodePacked(msg.sender, points));
            if (own != client.secretsHash) revert OtherUpdate(client.secretsHash, own);
            return 0;
        }
        chosen = _candidate(_draw(), msg.sender);
        bytes32 noiseHash = keccak256(abi.encodePacked(update.noiseHashes));
        bytes32 found = _candidatesHash(noiseHash, _secretsHash(update.secrets, chosen));
        if (found != client.commitment) revert WrongCandidates(client.commitment, found);
        bytes calldata used = _points(update.proof, 1 + uint256(_CHUNKS));
        if (keccak256(used) != update.noiseHashes[chosen]) revert WrongNoise(chosen);
    }

    /// @dev What a client stands by from phase Noise on: its candidates, and that they are of these secrets.
    function _candidatesHash(bytes32 noiseHash, bytes32 secretsHash) private pure returns (bytes32) {
        return keccak256(abi.encode(noiseHash, secretsHash));
    }

    /// @dev The one for the candidate drawn stays secret, so its hash is given.
    function _secretsHash(bytes32[] calldata secrets, uint256 chosen) private pure returns (bytes32) {
        bytes32[] memory hashes = secrets;
        for (uint256 i = 0; i < hashes.length; ++i) {
            if (i != chosen) hashes[i] = keccak256(abi.encode(hashes[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    /// @dev A vector's points, from the one at `first` on.
    function _points(bytes calldata proof, uint256 first) internal view returns (bytes calldata) {
        return proof[first * G1.SIZE:(first + _CHUNKS) * G1.SIZE];
    }

    function _expectPoints(bytes calldata proof, uint256 count) internal pure {
        if (proof.length < count * G1.SIZE) revert ProofTooShort(count * G1.SIZE, proof.length);
    }

    function _expectModel(bytes calldata points) internal view {
        bytes32 found = keccak256(points);
        if (found != currentModel) revert WrongModel(currentModel, found);
    }

    function _expectLength(string memory part, uint256 expected, uint256 found) internal pure {
        if (found != expected) revert WrongLength(part, expected, found);
    }
}

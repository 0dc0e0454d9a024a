// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {G1} from "../libraries/G1.sol";
import {ITrainingErrors} from "./ITrainingErrors.sol";

/// @title Checks every step of a federation's training
/// @notice A vector is committed to by KZG: one BN254 point for each chunk, 64 bytes, big-endian x then y. Commitments
/// stand at the beginning of a proof, in the order of the circuit's tensors, and such a proof has no instances. A
/// *points hash* is the keccak256 of a vector's points one after another.
///
/// A round: the hash of the block in which it is opened, the *beacon*, is mixed with secrets that each client committed
/// to before, with its data or its last noise, into the seeds of its noise; clients commit to K candidates of it; the
/// hash of the block in which that ended, the *challenge*, says which one to use; they prove their updates and open the
/// secrets of the others; the coordinator proves the next model from the sum of the updates, which the ledger checks
/// against the commitments. Without noise, clients join with hashes of their updates.
///
/// @dev What this does not show:
/// - That the candidate used was honest. The others are open to anyone who recomputes them from secrets and beacon,
///   which happens off the chain; a client that cheats with one of K candidates gets away with it once in K times.
/// - That the client submits whatever the challenge says. One that likes it not may stay away: only submissions count
///   as participations and are charged, so it can try again with new noise in the next round.
/// - That nobody influenced the block hashes. Whoever makes a block can withhold it, at its own cost, to draw again.
/// - That a client is one person. The coordinator enrols them, can expel them, and so decides whose updates count.
/// - That data is whose it is said to be, as much as it is said to be, and spent nothing elsewhere. A client declares
///   its number of samples, which is its weight; epsilon is counted in this ledger alone, for the batches' owner.
/// - That a proof was used once only. What a refused transaction carried is public as well: a proof's openings wear a
///   batch's salt out when they are sent, and the ledger counts only those it accepts. Simulate before sending.
interface ITrainingLedger is ITrainingErrors {
    /// @notice What a round is doing. A round that never was is `None`.
    enum Phase {
        None,
        Join,
        Noise,
        Submit,
        Reveal,
        Closed,
        Aborted
    }

    /// @notice How far a client got in the last round it joined.
    enum Stage {
        None,
        Joined,
        Committed,
        Submitted,
        Struck
    }

    /// @notice A circuit's adapter (IModelVerifier) and the hash its code must have, now and at every call.
    struct Circuit {
        address adapter;
        bytes32 codeHash;
    }

    /// @notice Everything that stays as it is for the ledger's life.
    struct Setup {
        address coordinator;
        address registry; // IModelRegistry, in which trained models are published
        Circuit client; // points: batch, W, noise (without privacy: salt alone), factors, u
        Circuit server; // points: W, S, W'
        Circuit weights; // points: W; one instance, the Poseidon hash of the weights
        uint8 chunks; // points of W, noise, u, S; a batch and its factors have one each
        G1.Point blank; // commitment to nothing: the constant blinding in every commitment
        bytes32 genesis; // points hash of the first model
        uint64[] schedule; // at n-1: epsilon in billionths after a batch took part n times; empty without noise
        uint8 candidates; // noise vectors that each client commits to: 0, or 2 to 16
        uint16 quorum; // fewest updates that may be closed; with 1, a sum can be one client's update
        bool weighted; // by each client's samples
        uint32 joinSeconds; // of no matter with noise
        uint32 noiseSeconds; // of no matter without noise
        uint32 submitSeconds; // also how long a dispute leaves for revealing
        uint32 closeSeconds;
        bytes32 basisHash; // keccak256 of the Lagrange points for reveals; zero: no disputes
        bool devSrs; // the maker of the reference string can forge proofs and open commitments as he likes
    }

    /// @notice A proved update.
    struct Update {
        bytes proof;
        bytes32[] path; // from the batch to the client's root
        bytes32[] noiseHashes; // points hash of each candidate
        bytes32[] secrets; // of each candidate; of the one drawn, its keccak256
    }

    /// @notice What is known of a client.
    struct ClientView {
        bool enrolled;
        bytes32 root; // of its batches; zero before registration
        uint32 batches;
        uint32 samples;
        uint32 uses; // proofs that each batch's salt can bear
        uint64 epsilonCap; // in billionths
        uint32 participations; // accepted updates, ever
        uint32 limit; // participations at which it can join no more
        uint64 epsilon; // spent so far, in billionths
        uint32 round; // the last that it was in, or that it came too late for
        Stage stage; // in that round
        uint8 revealed; // chunks of its update, in a dispute
        bytes32 secretsHash; // of the secrets of its next noise; without noise, of the update that it joined with
        bytes32 commitment; // hash of candidates and secrets when `Committed`, of its update's points when `Submitted`
    }

    /// @notice What is known of a round.
    struct RoundView {
        Phase phase;
        uint16 members; // who joined, or can commit to noise; from phase Submit on, who can submit or has
        uint16 done; // who did what the phase asks; updates, from phase Submit on
        uint64 deadline; // Unix seconds, the phase's last; zero when the round is over
        uint64 sealBlock; // in which the phase began; zero when the round is over
        uint64 maxEpsilon; // most that any client of the round had spent after its update
        bytes32 beacon; // zero before it is drawn and after the round
        bytes32 challenge; // the same
    }

    /// @notice From where a published model comes.
    struct Lineage {
        uint32 round; // after which the ledger had this model; 0: the first
        bytes32 model; // points hash
        uint256 poseidon; // of its weights
    }

    /// @notice `client` may take part.
    event ClientEnrolled(address indexed client);

    /// @notice `client` may no longer take part.
    event ClientExpelled(address indexed client);

    /// @notice `client` has committed to its data, for ever.
    event DataRegistered(
        address indexed client, bytes32 root, uint32 batches, uint32 samples, uint32 uses, uint64 epsilonCap
    );

    /// @notice A round began, on this model.
    event RoundOpened(uint256 indexed round, bytes32 model);

    /// @notice A phase began. For Noise and Submit, the event's block is the one whose hash is drawn.
    event PhaseStarted(uint256 indexed round, Phase indexed phase, uint64 deadline);

    /// @notice The beacon (phase Noise) or the challenge (phase Submit) is kept.
    event BeaconDrawn(uint256 indexed round, Phase indexed phase, bytes32 beacon);

    /// @notice `client` is in this round, which is one without noise.
    event ClientJoined(uint256 indexed round, address indexed client, bytes32 updateHash);

    /// @notice `client` is in this round, and has committed to its candidates.
    event NoiseCommitted(uint256 indexed round, address indexed client, bytes32 noiseHash);

    /// @notice `client` has proved its update, and spent `epsilon` so far. Secrets and beacon give the candidates that
    /// it did not use; `usedHash` is the points hash of the `chosen` one. Without noise there is none of these.
    event UpdateProved(
        uint256 indexed round,
        address indexed client,
        uint256 batchIndex,
        bytes updatePoints,
        uint64 epsilon,
        uint256 chosen,
        bytes32[] secrets,
        bytes32 usedHash
    );

    /// @notice `client` has revealed a chunk of its update.
    event UpdateRevealed(uint256 indexed round, address indexed client, uint256 chunk, uint256[] scalars);

    /// @notice `client` did not reveal: it is expelled, and its update is out of the round.
    event ClientStruck(uint256 indexed round, address indexed client);

    /// @notice The model is another one now.
    event RoundClosed(
        uint256 indexed round, bytes32 indexed oldModel, bytes32 indexed newModel, uint256 updates, uint64 maxEpsilon
    );

    /// @notice The round ended in this phase, and the model is the same.
    event RoundAborted(uint256 indexed round, Phase phase);

    /// @notice The weights behind `model` have this Poseidon hash.
    event WeightsHashed(bytes32 indexed model, uint256 indexed round, uint256 poseidon);

    /// @notice A version in the registry has the weights of this model.
    event ModelLinked(uint256 indexed modelId, uint256 indexed round, bytes32 indexed model);

    /// @notice Lets `client` take part. Only the coordinator may.
    function enroll(address client) external;

    /// @notice Shuts `client` out, from its next step on. An update that it has submitted stays. Only the coordinator
    /// may.
    function expel(address client) external;

    /// @notice Commits the caller to its data, once for ever: what its batches have spent is never forgotten.
    /// @param root Of OpenZeppelin's Merkle tree over keccak256(keccak256(abi.encode(i, keccak256(point of batch i)))).
    /// @param batches How many there are; they are used in turn.
    /// @param samples How many rows of data there are in all: the client's weight in a weighted sum.
    /// @param uses How many proofs a batch's salt can bear: each opens one linear relation.
    /// @param epsilonCap Most that the data may spend, in billionths; zero without noise.
    /// @param secretsHash keccak256 of the keccak256 of each secret of its first noise, one after another; zero without
    /// noise. In a round whose beacon is known already the caller has no part.
    function registerData(
        bytes32 root,
        uint32 batches,
        uint32 samples,
        uint32 uses,
        uint64 epsilonCap,
        bytes32 secretsHash
    ) external;

    /// @notice Begins the next round. Only the coordinator may.
    function openRound() external returns (uint256 round);

    /// @notice Puts the caller into a round without noise. The last who can ends the phase.
    /// @param updateHash keccak256 of the caller's address and the points of the update that it is going to submit.
    function join(uint256 round, bytes32 updateHash) external;

    /// @notice Ends joining after its deadline: the round goes on with those in it, or is aborted without a quorum.
    function endJoin(uint256 round) external;

    /// @notice Puts the caller into the round, and commits it to its candidates. The last who can ends the phase.
    /// @param noiseHash keccak256 of all candidates' points hashes, one after another.
    /// @param nextSecrets Hash of the secrets of the caller's noise in the next round that it will be in.
    function commitNoise(uint256 round, bytes32 noiseHash, bytes32 nextSecrets) external;

    /// @notice Ends the phase of noise after its deadline: those who did not commit are out of the round.
    function endNoise(uint256 round) external;

    /// @notice Keeps the beacon or the challenge while the chain still gives it. The first who needs it does the same.
    function draw(uint256 round) external;

    /// @notice Accepts the caller's update for the batch that is its next.
    function submit(uint256 round, Update calldata update) external;

    /// @notice Ends the round with the next model, when all have submitted or their time is over. Only the coordinator
    /// may. What the server's circuit makes of the sum is its own definition.
    /// @param proof Of the server's circuit.
    /// @param clients All who have an update in the round, ascending.
    /// @param points The points of their updates, in that order.
    function close(uint256 round, bytes calldata proof, address[] calldata clients, bytes calldata points) external;

    /// @notice Ends a round that can no longer be finished.
    function abort(uint256 round) external;

    /// @notice Asks every client that submitted to reveal its update, when the sum that they gave is not that of what
    /// they proved. Only the coordinator may, and once a round.
    /// @dev This costs privacy: the updates of this round become public, with the noise in them and no more than that.
    /// A client can refuse, at the price of being struck. Nobody can be made to reveal where `basisHash` is zero.
    function dispute(uint256 round) external;

    /// @notice Reveals the next chunk of the caller's update.
    /// @param points Of the update, all chunks.
    /// @param scalars The chunk's values, as field elements; R minus the amount for a negative one.
    /// @param basis The Lagrange points for them, 64 bytes each.
    function reveal(uint256 round, bytes calldata points, uint256[] calldata scalars, bytes calldata basis) external;

    /// @notice Expels a client that did not reveal in time, and takes its update out of the round.
    function strike(uint256 round, address client) external;

    /// @notice Keeps the Poseidon hash of the model's weights. Anyone with a proof may.
    function hashWeights(bytes calldata proof, uint256 poseidon) external;

    /// @notice Says that a version in the registry is the present model. Only the coordinator may, and only of a
    /// version whose one parameter instance is the Poseidon hash of the model's weights.
    function linkModel(uint256 modelId) external;

    /// @notice How this ledger was set up.
    function setup() external view returns (Setup memory);

    /// @notice Points hash of the model as it is.
    function currentModel() external view returns (bytes32);

    /// @notice The last round that was opened; 0 for none.
    function currentRound() external view returns (uint256);

    /// @notice After which round the model was as it is; 0: from the beginning.
    function modelRound() external view returns (uint256);

    /// @notice What a round is doing.
    function phase(uint256 round) external view returns (Phase);

    /// @notice What is known of a round.
    function roundOf(uint256 round) external view returns (RoundView memory);

    /// @notice What is known of a client.
    function clientOf(address client) external view returns (ClientView memory);

    /// @notice What a client has spent, in billionths: the most that any of its batches has.
    function epsilonOf(address client) external view returns (uint64);

    /// @notice Which of its batches is a client's next. Reverts before it has any.
    function nextBatchOf(address client) external view returns (uint256);

    /// @notice Which candidate a client must use in the round that is in phase Submit, also before it is drawn.
    function candidateOf(address client) external view returns (uint256);

    /// @notice The beacon in phase Noise, the challenge in phase Submit, also before it is drawn.
    function beaconOf(uint256 round) external view returns (bytes32);

    /// @notice Poseidon hash of a model's weights; zero when nobody proved one.
    function poseidonOf(bytes32 model) external view returns (uint256);

    /// @notice From where a version in the registry comes; all zero when it was never linked.
    function lineageOf(uint256 modelId) external view returns (Lineage memory);
}

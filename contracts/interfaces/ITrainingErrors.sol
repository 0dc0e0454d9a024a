// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Why a training ledger refuses
/// @notice Apart from these it says `InvalidProof` by the circuits' adapters, and the errors of the libraries CodePin,
/// G1 and Bn254.
interface ITrainingErrors {
    // --- setting up --------------------------------------------------------------------------------------------------

    /// @notice Nobody would coordinate.
    error NoCoordinator();

    /// @notice A vector has at least one commitment.
    error NoChunks();

    /// @notice There is no model to begin with.
    error NoGenesis();

    /// @notice A round without updates is none.
    error NoQuorum();

    /// @notice Clients commit to no noise at all, or to 2 to 16 candidates.
    error BadCandidates(uint256 found);

    /// @notice Noise without a schedule of epsilon, or a schedule without noise.
    error ScheduleMismatch(uint256 candidates, uint256 length);

    /// @notice Epsilon at `index` of the schedule is not above the one before it, or the first is zero.
    error ScheduleNotIncreasing(uint256 index);

    /// @notice The phase called `name` would be over when it begins.
    error EmptyWindow(string name);

    /// @notice A development reference string is allowed on development chains only.
    error DevSrsRefused(uint256 chainId);

    // --- clients -----------------------------------------------------------------------------------------------------

    /// @notice Only the coordinator does this.
    error NotCoordinator(address caller);

    /// @notice The zero address is no client.
    error ZeroClient();

    /// @notice `client` is enrolled.
    error AlreadyEnrolled(address client);

    /// @notice `client` is not enrolled, or was expelled.
    error NotEnrolled(address client);

    /// @notice `client` has registered its data, and does so once for ever.
    error DataAlreadyRegistered(address client);

    /// @notice `client` has registered no data.
    error NoData(address client);

    /// @notice The field called `field` of a registration must not be zero.
    error ZeroField(string field);

    /// @notice The same batches are registered as another client's.
    error RootTaken(bytes32 root);

    /// @notice The first use of a batch costs more than `cap`; without a schedule there is nothing to cap.
    error EpsilonCapUnfit(uint64 cap, uint64 first);

    // --- rounds ------------------------------------------------------------------------------------------------------

    /// @notice One round at a time.
    error RoundIsOpen(uint256 round);

    /// @notice Round `found` is not the one that is open; `open` is zero when there is none.
    error WrongRound(uint256 open, uint256 found);

    /// @notice The round is in another phase: the number of a phase as in `ITrainingLedger.Phase`.
    error WrongPhase(uint8 expected, uint8 found);

    /// @notice The last second for this was `deadline`.
    error TooLate(uint256 deadline);

    /// @notice This is for after `deadline`.
    error TooEarly(uint256 deadline);

    /// @notice `client` is in this round.
    error AlreadyJoined(address client);

    /// @notice `client` is not in this round.
    error NotJoined(address client);

    /// @notice This is another update than the one that the client committed to when it joined.
    error OtherUpdate(bytes32 expected, bytes32 found);

    /// @notice A further proof on this batch would cost `epsilon`, above the client's own cap.
    error EpsilonExceeded(address client, uint64 epsilon, uint64 cap);

    /// @notice The schedule says nothing of a further proof on a batch that had `uses`.
    error ScheduleEnded(address client, uint256 uses);

    /// @notice The batch's salt can bear no further proof.
    error BatchWornOut(address client, uint256 batch, uint256 uses);

    /// @notice `client` has committed to its noise.
    error NoiseAlreadyCommitted(address client);

    /// @notice `client` came when the round's beacon was known: it can be in the next one.
    error BeaconKnown(address client);

    /// @notice The hash of this block is known from the next one on.
    error BeaconPending(uint256 sealBlock);

    /// @notice Nobody drew in time: the chain no longer gives the hash of this block.
    error BeaconLost(uint256 sealBlock);

    /// @notice The hash was drawn before, or this ledger draws none.
    error NothingToDraw(uint256 round);

    /// @notice The round can still be finished.
    error RoundCanGoOn(uint256 round);

    // --- updates -----------------------------------------------------------------------------------------------------

    /// @notice `client` has submitted.
    error AlreadySubmitted(address client);

    /// @notice What is called `part` has another number of bytes or elements.
    error WrongLength(string part, uint256 expected, uint256 found);

    /// @notice The proof is shorter than the commitments at its beginning.
    error ProofTooShort(uint256 expected, uint256 found);

    /// @notice The proof is not of the batch that is this client's next.
    error WrongBatch(address client, uint256 batch);

    /// @notice The proof is of other weights than the round's model.
    error WrongModel(bytes32 expected, bytes32 found);

    /// @notice The candidates, or the secrets behind them, are not those that were committed to.
    error WrongCandidates(bytes32 expected, bytes32 found);

    /// @notice The proof is not of the candidate that was drawn.
    error WrongNoise(uint256 chosen);

    /// @notice Secrets are asked for where there are candidates of noise, and nowhere else.
    error SecretsUnfit(uint8 candidates, bytes32 secretsHash);

    /// @notice The circuit's verifier does not accept the proof.
    error InvalidProof();

    // --- closing -----------------------------------------------------------------------------------------------------

    /// @notice So few updates disclose too much, or carry too little.
    error TooFewUpdates(uint256 quorum, uint256 found);

    /// @notice The list does not name every client that submitted.
    error WrongClientCount(uint256 expected, uint256 found);

    /// @notice The list names `client` twice.
    error DuplicateClient(address client);

    /// @notice The list is in ascending order, and `client` is not.
    error ClientsNotAscending(address client);

    /// @notice `client` has no update in this round.
    error NoUpdate(address client);

    /// @notice These are not the commitments of the update that `client` proved.
    error WrongUpdate(address client);

    /// @notice The sum in the server's proof is not that of the clients' updates.
    error SumMismatch(uint256 chunk);

    // --- disputes ----------------------------------------------------------------------------------------------------

    /// @notice The ledger was set up without a basis, so nobody has to reveal.
    error RevealNotSupported();

    /// @notice The basis is another one.
    error WrongBasis(bytes32 expected, bytes32 found);

    /// @notice These scalars are not what the client's commitment holds.
    error WrongOpening(address client, uint256 chunk);

    /// @notice `client` has revealed all of its update.
    error AlreadyRevealed(address client);

    // --- lineage -----------------------------------------------------------------------------------------------------

    /// @notice The Poseidon hash of this model's weights is known.
    error AlreadyHashed(bytes32 model);

    /// @notice The Poseidon hash of this model's weights is not known yet.
    error NotHashed(bytes32 model);

    /// @notice The version in the registry has other weights.
    error ParamsDigestMismatch(bytes32 expected, bytes32 found);

    /// @notice The version in the registry was stopped.
    error VersionIsStopped(uint256 modelId);

    /// @notice The version has its lineage.
    error AlreadyLinked(uint256 modelId);
}

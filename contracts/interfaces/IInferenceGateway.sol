// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Accepts proved answers of registered models, each once
/// @notice What a proof does not bind, the gateway does not believe. Arguments are typed: no entry takes or
/// forwards raw calldata.
interface IInferenceGateway {
    /// @notice Where a proof may be used and by whom; the chain, this gateway and the model are implied.
    /// @dev Exactly one of `account` and `request` is set for a model with binding; all zero for one without.
    struct Binding {
        address account; // who may submit
        bytes32 request; // which request the proof answers, whoever submits it
        uint256 nonce;
        uint64 deadline; // Unix seconds; the last second in which the proof is accepted
    }

    /// @notice What is kept of an accepted statement, in one slot.
    struct Record {
        address account; // the bound account, or the submitter
        uint64 recordedAt; // Unix seconds; zero when there is no record
        bool accountBound; // the proof itself names `account`; otherwise it is only who came first
    }

    /// @notice A proof was checked and its statement recorded (ERC-7992).
    /// @param modelId Version in the registry.
    /// @param inputCommitment Domain-separated hash of the input instances and the binding instances.
    /// @param output The output instances, packed.
    /// @param caller Who submitted.
    event InferenceVerified(
        uint256 indexed modelId, bytes32 indexed inputCommitment, bytes output, address indexed caller
    );

    /// @notice The model's owner has stopped it.
    error ModelIsStopped(uint256 modelId);

    /// @notice The number of instances is not the circuit's.
    error InstanceCountMismatch(uint256 expected, uint256 found);

    /// @notice The instance at `index` is not below the field's order.
    error InstanceOutOfField(uint256 index);

    /// @notice The parameter instances are not those of the registered model.
    error ParamsDigestMismatch(bytes32 expected, bytes32 found);

    /// @notice The model's proofs carry no binding, but one was given.
    error UnexpectedBinding();

    /// @notice A binding names exactly one of account and request.
    error AmbiguousBinding(address account, bytes32 request);

    /// @notice The binding has run out.
    error DeadlinePassed(uint64 deadline, uint256 timestamp);

    /// @notice The proof is bound to another account.
    error WrongAccount(address expected, address found);

    /// @notice The proof was made for another chain, gateway, model, account, request, nonce or deadline.
    error BindingMismatch();

    /// @notice The same statement was accepted before.
    error AlreadyRecorded(bytes32 statement);

    /// @notice Checks a proof, records its statement and emits `InferenceVerified`.
    /// @return statement Id of the record.
    function submit(uint256 modelId, uint256[] calldata instances, bytes calldata proof, Binding calldata binding)
        external
        returns (bytes32 statement);

    /// @notice Reverts unless the proof holds for a live model. Looks at no binding and records nothing.
    function check(uint256 modelId, uint256[] calldata instances, bytes calldata proof) external view;

    /// @notice The 252-bit tag that a proof with this binding must carry, as nine 28-bit limbs, lowest first.
    function bindingTag(uint256 modelId, Binding calldata binding) external view returns (uint256 tag);

    /// @notice Id of a statement: these instances, for this model, at this gateway, on this chain.
    function statementOf(uint256 modelId, uint256[] calldata instances) external view returns (bytes32 statement);

    /// @notice The record of a statement; `recordedAt` is zero when there is none.
    function recordOf(bytes32 statement) external view returns (Record memory record);

    /// @notice The registry whose models are accepted.
    function registry() external view returns (address registryAddress);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceReceiver} from "./IInferenceReceiver.sol";

/// @title Accepts proved answers of registered models, each once
/// @notice What a proof does not bind, the gateway does not believe. Arguments are typed, and accepted calldata is its
/// own canonical encoding, byte for byte.
interface IInferenceGateway {
    /// @notice Where a proof may be used and by whom; the chain, this gateway and the model are implied.
    /// @dev Exactly one of `account` and `request` is set for a model with binding; all zero for one without.
    struct Binding {
        address account; // who may submit
        bytes32 request; // which request the proof answers, whoever submits it
        uint256 nonce;
        uint64 deadline; // Unix seconds; the last second in which the proof is accepted
    }

    /// @notice One proof with what it proves.
    struct Submission {
        uint256 modelId; // of a version
        uint256[] instances;
        bytes proof;
        Binding binding;
    }

    /// @notice What became of one of many submissions.
    struct Result {
        bool accepted;
        bytes32 statement; // zero when refused
        bytes reason; // the error, encoded, when refused
    }

    /// @notice What is kept of an accepted statement, in one slot.
    struct Record {
        address account; // the bound account, or the submitter
        uint64 recordedAt; // Unix seconds; zero when there is no record
        bool accountBound; // the proof itself names `account`; otherwise it is only who came first
    }

    /// @notice One of many submissions was refused; the others stand.
    event InferenceRefused(uint256 indexed modelId, uint256 index, bytes reason);

    /// @notice `relayer` submitted for the account that the proof names, which had signed that it may.
    event Relayed(bytes32 indexed statement, address indexed relayer);

    /// @notice A receiver was called with an accepted answer; `succeeded` is false when it failed.
    event ReceiverCalled(bytes32 indexed statement, address indexed receiver, bool succeeded);

    /// @notice The calldata says the same as its canonical encoding, but is not it.
    error NonCanonicalCalldata();

    /// @notice The model's owner or guardian has stopped it.
    error ModelIsStopped(uint256 modelId);

    /// @notice The number of instances is not the circuit's.
    error InstanceCountMismatch(uint256 expected, uint256 found);

    /// @notice The instance at `index` is not below the field's order.
    error InstanceOutOfField(uint256 index);

    /// @notice The instance at `index` is outside the range that was registered for it.
    error InstanceOutOfRange(uint256 index, int256 found, int256 low, int256 high);

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

    /// @notice Only a proof that names an account can be relayed for it.
    error NothingToRelay();

    /// @notice The account allowed another relayer.
    error WrongRelayer(address expected, address found);

    /// @notice The signature is not the account's, or is of something else.
    error BadSignature(address account);

    /// @notice The receiver is not a contract.
    error NoReceiver(address receiver);

    /// @notice Less gas is left than the receiver was promised.
    error TooLittleGas(uint256 promised, uint256 left);

    /// @notice Only the gateway itself calls this.
    error OnlySelf();

    /// @notice No answer is kept under this id.
    error InferenceNotFound(bytes32 inferenceId);

    /// @notice Checks a proof, records its statement and emits `InferenceVerified`.
    /// @return statement Id of the record.
    function submit(uint256 modelId, uint256[] calldata instances, bytes calldata proof, Binding calldata binding)
        external
        returns (bytes32 statement);

    /// @notice Submits each on its own, with its share of the gas: one that is refused changes nothing for the others.
    /// @dev Give it as much gas as the dearest takes, times their number: with less, those that want more than their share
    /// are refused, without a reason.
    function submitMany(Submission[] calldata submissions) external returns (Result[] memory results);

    /// @notice Submits for the account that the proof names, which has signed
    /// `Relay(uint256 modelId,bytes32 statement,address relayer,uint64 deadline)` (EIP-712).
    /// @param relayer Who may submit; zero for anyone.
    /// @param deadline The last second in which the signature counts.
    function submitFor(Submission calldata submission, address relayer, uint64 deadline, bytes calldata signature)
        external
        returns (bytes32 statement);

    /// @notice Submits, then tells a contract, which gets no more than `gasLimit`. Whatever it does, the record stands.
    function submitAndCall(Submission calldata submission, IInferenceReceiver receiver, uint256 gasLimit)
        external
        returns (bytes32 statement, bool succeeded);

    /// @notice Reverts unless the proof holds for a live model. Looks at no binding and records nothing.
    function check(uint256 modelId, uint256[] calldata instances, bytes calldata proof) external view;

    /// @notice Reverts unless `submit` would accept this from the caller, replays aside. Records nothing.
    function checkBound(uint256 modelId, uint256[] calldata instances, bytes calldata proof, Binding calldata binding)
        external
        view;

    /// @notice The tag that a proof with this binding must carry: 252 bits, and so one instance.
    function bindingTag(uint256 modelId, Binding calldata binding) external view returns (uint256 tag);

    /// @notice Id of a statement: these instances, for this model, at this gateway, on this chain.
    function statementOf(uint256 modelId, uint256[] calldata instances) external view returns (bytes32 statement);

    /// @notice What a statement says about its input: a hash of the input instances and the binding's tag.
    function inputCommitmentOf(uint256 modelId, uint256[] calldata instances) external view returns (bytes32);

    /// @notice The record of a statement; `recordedAt` is zero when there is none.
    function recordOf(bytes32 statement) external view returns (Record memory record);

    /// @notice The registry whose models are accepted.
    function registry() external view returns (address registryAddress);
}

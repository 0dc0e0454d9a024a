// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {StandardInference} from "./gateway/StandardInference.sol";
import {StatementCheck} from "./gateway/StatementCheck.sol";
import {IInferenceGateway} from "./interfaces/IInferenceGateway.sol";
import {IInferenceReceiver} from "./interfaces/IInferenceReceiver.sol";

/// @title Accepts proved answers of registered models, each once
/// @notice Nobody owns a gateway, and nothing in it can be changed. One proof at a time, several at once, for another by
/// signature, with a call to a receiver, or by the functions of ERC-7992: all go through the same checks.
contract InferenceGateway is StandardInference, EIP712 {
    bytes32 private constant _RELAY_TYPE =
        keccak256("Relay(uint256 modelId,bytes32 statement,address relayer,uint64 deadline)");

    /// @dev A call gets at most 63 of 64 parts of the gas that is left (EIP-150).
    uint256 private constant _KEPT_PART = 64;

    /// @param registry_ The registry whose models are accepted.
    constructor(address registry_) StatementCheck(registry_) EIP712("zkchain.InferenceGateway", "1") {}

    /// @inheritdoc IInferenceGateway
    function submit(uint256 modelId, uint256[] calldata instances, bytes calldata proof, Binding calldata binding)
        external
        returns (bytes32 statement)
    {
        _onlyCanonical(abi.encodeCall(IInferenceGateway.submit, (modelId, instances, proof, binding)));
        return _accept(msg.sender, modelId, modelId, instances, proof, binding).statement;
    }

    /// @inheritdoc IInferenceGateway
    /// @dev Each is a call of its own, so that what a refused one wrote is undone. The records that count are written in
    /// that call, before it calls anyone. Each may use its share of the gas that is left, so that a malformed proof, which
    /// can burn all it gets in a precompile, takes none from those that follow.
    // slither-disable-start calls-loop,reentrancy-events
    function submitMany(Submission[] calldata submissions) external returns (Result[] memory results) {
        _onlyCanonical(abi.encodeCall(IInferenceGateway.submitMany, (submissions)));
        results = new Result[](submissions.length);
        for (uint256 i = 0; i < submissions.length; ++i) {
            uint256 modelId = submissions[i].modelId;
            uint256 share = gasleft() / (submissions.length - i);
            try this.accept{gas: share}(msg.sender, modelId, submissions[i]) returns (Accepted memory accepted) {
                (results[i].accepted, results[i].statement) = (true, accepted.statement);
            } catch (bytes memory reason) {
                results[i].reason = reason;
                emit InferenceRefused(modelId, i, reason);
            }
        }
    }

    // slither-disable-end calls-loop,reentrancy-events

    /// @inheritdoc IInferenceGateway
    function submitFor(Submission calldata submission, address relayer, uint64 deadline, bytes calldata signature)
        external
        returns (bytes32 statement)
    {
        _onlyCanonical(abi.encodeCall(IInferenceGateway.submitFor, (submission, relayer, deadline, signature)));
        address account = submission.binding.account;
        if (account == address(0)) revert NothingToRelay();
        if (relayer != address(0) && relayer != msg.sender) revert WrongRelayer(relayer, msg.sender);
        // A validator can shift the time by seconds; a deadline is in minutes or more.
        // slither-disable-next-line timestamp
        if (deadline < block.timestamp) revert DeadlinePassed(deadline, block.timestamp);
        statement = statementOf(submission.modelId, submission.instances);
        bytes32 signed = keccak256(abi.encode(_RELAY_TYPE, submission.modelId, statement, relayer, deadline));
        if (!SignatureChecker.isValidSignatureNow(account, _hashTypedDataV4(signed), signature)) {
            revert BadSignature(account);
        }
        emit Relayed(statement, msg.sender);
        _acceptAs(account, submission);
    }

    /// @inheritdoc IInferenceGateway
    /// @dev The receiver's answer is not read, so that no length of it can cost anything here.
    // slither-disable-start reentrancy-events
    function submitAndCall(Submission calldata submission, IInferenceReceiver receiver, uint256 gasLimit)
        external
        returns (bytes32 statement, bool succeeded)
    {
        _onlyCanonical(abi.encodeCall(IInferenceGateway.submitAndCall, (submission, receiver, gasLimit)));
        if (address(receiver).code.length == 0) revert NoReceiver(address(receiver));
        statement = _acceptAs(msg.sender, submission);
        uint256 left = gasleft();
        if (left - left / _KEPT_PART <= gasLimit) revert TooLittleGas(gasLimit, left);
        try receiver.onInference{gas: gasLimit}(submission.modelId, statement, msg.sender, submission.instances) {
            succeeded = true;
        } catch {} // it was told, and that is all that was promised
        emit ReceiverCalled(statement, address(receiver), succeeded);
    }

    // slither-disable-end reentrancy-events

    function _acceptAs(address caller, Submission calldata submission) private returns (bytes32) {
        return _accept(
            caller, submission.modelId, submission.modelId, submission.instances, submission.proof, submission.binding
        )
        .statement;
    }
}

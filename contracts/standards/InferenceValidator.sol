// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IValidationRegistry} from "./IValidationRegistry.sol";

/// @title Validates an agent's answers by proof (ERC-8004 draft)
/// @notice Answers a validation request with 100, and only by a proof of one model's answer that is bound to the request.
/// It never answers anything else: nobody can prove that an agent has no proof.
/// @dev The payload of a request is `abi.encode("zkchain.validation.v1", modelId, inputHash, salt)`, where `inputHash` is
/// the keccak256 of the packed input instances, and of nothing when inputs are private.
contract InferenceValidator {
    /// @notice The answer to a request whose proof holds.
    uint8 public constant PROVED = 100;

    /// @notice The tag of every answer.
    string public constant TAG = "zk/halo2-kzg-bn254";

    /// @notice The gateway that checks the proofs.
    IInferenceGateway public immutable gateway;

    /// @notice Where requests come in and answers go.
    IValidationRegistry public immutable validations;

    /// @notice The one model version whose answers are validated.
    uint256 public immutable modelId;

    /// @notice Whether a request was answered.
    mapping(bytes32 requestHash => bool) public answered;

    uint256 private immutable _INPUT_START;
    uint256 private immutable _INPUT_COUNT;

    /// @notice The request was answered before.
    error AlreadyAnswered(bytes32 requestHash);

    /// @notice The proof is bound to another request, or to an account.
    error NotForThisRequest(bytes32 expected, bytes32 found);

    /// @param gateway_ The gateway that checks the proofs.
    /// @param validations_ Where requests come in and answers go.
    /// @param modelId_ The one model version whose answers are validated; reverts if the gateway knows none.
    constructor(IInferenceGateway gateway_, IValidationRegistry validations_, uint256 modelId_) {
        (gateway, validations, modelId) = (gateway_, validations_, modelId_);
        IModelRegistry.Layout memory layout = IModelRegistry(gateway_.registry()).routeOf(modelId_).layout;
        (_INPUT_START, _INPUT_COUNT) = (layout.inputStart, layout.inputCount);
    }

    /// @notice The hash under which a validation of an answer to this input is to be requested.
    /// @param salt Tells requests about the same input apart.
    function requestHashOf(bytes32 inputHash, bytes32 salt) public view returns (bytes32) {
        return keccak256(abi.encode("zkchain.validation.v1", modelId, inputHash, salt));
    }

    /// @notice Answers the request for the input of these instances. Anyone may bring the proof.
    /// @return requestHash The request that was answered.
    function respond(
        uint256[] calldata instances,
        bytes calldata proof,
        IInferenceGateway.Binding calldata binding,
        bytes32 salt,
        string calldata responseURI
    ) external returns (bytes32 requestHash) {
        bytes32 inputHash = keccak256(abi.encodePacked(instances[_INPUT_START:_INPUT_START + _INPUT_COUNT]));
        requestHash = requestHashOf(inputHash, salt);
        if (binding.request != requestHash) revert NotForThisRequest(requestHash, binding.request);
        if (answered[requestHash]) revert AlreadyAnswered(requestHash);
        answered[requestHash] = true;
        gateway.checkBound(modelId, instances, proof, binding);
        bytes32 statement = gateway.statementOf(modelId, instances);
        validations.validationResponse(requestHash, PROVED, responseURI, statement, TAG);
    }
}

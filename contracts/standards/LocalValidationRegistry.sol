// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IValidationRegistry} from "./IValidationRegistry.sol";

/// @title A validation registry for development chains (ERC-8004 draft)
/// @notice No address of one is published for any chain yet. This one keeps the rules of the draft, so that a validator
/// can be tried; where there is an official one, use that.
contract LocalValidationRegistry is IValidationRegistry {
    struct Status {
        address validator;
        uint256 agentId;
        uint8 response;
        bool answered;
        bytes32 responseHash;
        string tag;
        uint256 lastUpdate;
    }

    /// @inheritdoc IValidationRegistry
    address public immutable getIdentityRegistry;

    mapping(bytes32 requestHash => Status) private _status;
    mapping(uint256 agentId => bytes32[]) private _ofAgent;
    mapping(address validator => bytes32[]) private _ofValidator;

    /// @notice A request has to name a validator.
    error NoValidator();

    /// @notice The request exists already.
    error AlreadyRequested(bytes32 requestHash);

    /// @notice Only the agent's owner or operator asks for it.
    error NotAuthorized(uint256 agentId, address caller);

    /// @notice No such request.
    error UnknownRequest(bytes32 requestHash);

    /// @notice Another validator was asked.
    error NotTheValidator(address expected, address found);

    /// @notice A response is 0 to 100.
    error ResponseTooLarge(uint8 response);

    /// @param identityRegistry The ERC-721 of agents.
    constructor(address identityRegistry) {
        // A zero registry lets nobody ask, which harms nobody.
        // slither-disable-next-line missing-zero-check
        getIdentityRegistry = identityRegistry;
    }

    /// @inheritdoc IValidationRegistry
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external {
        if (validatorAddress == address(0)) revert NoValidator();
        // Not a comparison of times: slither sees only that the record holds one.
        // slither-disable-next-line timestamp
        if (_status[requestHash].validator != address(0)) revert AlreadyRequested(requestHash);
        address owner = IERC721(getIdentityRegistry).ownerOf(agentId);
        bool allowed = msg.sender == owner || IERC721(getIdentityRegistry).getApproved(agentId) == msg.sender
            || IERC721(getIdentityRegistry).isApprovedForAll(owner, msg.sender);
        if (!allowed) revert NotAuthorized(agentId, msg.sender);
        _status[requestHash].validator = validatorAddress;
        _status[requestHash].agentId = agentId;
        _status[requestHash].lastUpdate = block.timestamp;
        _ofAgent[agentId].push(requestHash);
        _ofValidator[validatorAddress].push(requestHash);
        emit ValidationRequest(validatorAddress, agentId, requestURI, requestHash);
    }

    /// @inheritdoc IValidationRegistry
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external {
        Status storage status = _status[requestHash];
        if (status.validator == address(0)) revert UnknownRequest(requestHash);
        if (status.validator != msg.sender) revert NotTheValidator(status.validator, msg.sender);
        if (response > 100) revert ResponseTooLarge(response);
        (status.response, status.answered, status.responseHash) = (response, true, responseHash);
        (status.tag, status.lastUpdate) = (tag, block.timestamp);
        emit ValidationResponse(msg.sender, status.agentId, requestHash, response, responseURI, responseHash, tag);
    }

    /// @inheritdoc IValidationRegistry
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        )
    {
        Status storage s = _status[requestHash];
        if (s.validator == address(0)) revert UnknownRequest(requestHash);
        return (s.validator, s.agentId, s.response, s.responseHash, s.tag, s.lastUpdate);
    }

    /// @inheritdoc IValidationRegistry
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 averageResponse)
    {
        uint256 sum = 0;
        bytes32[] storage hashes = _ofAgent[agentId];
        for (uint256 i = 0; i < hashes.length; ++i) {
            Status storage status = _status[hashes[i]];
            bool tagged = bytes(tag).length == 0 || keccak256(bytes(tag)) == keccak256(bytes(status.tag));
            if (status.answered && tagged && _among(status.validator, validatorAddresses)) {
                (sum, count) = (sum + status.response, count + 1);
            }
        }
        // An average of numbers up to 100.
        // forge-lint: disable-next-line(unsafe-typecast)
        averageResponse = count == 0 ? 0 : uint8(sum / count);
    }

    /// @inheritdoc IValidationRegistry
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory requestHashes) {
        return _ofAgent[agentId];
    }

    /// @inheritdoc IValidationRegistry
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory requestHashes) {
        return _ofValidator[validatorAddress];
    }

    function _among(address validator, address[] calldata wanted) private pure returns (bool) {
        for (uint256 i = 0; i < wanted.length; ++i) {
            if (wanted[i] == validator) return true;
        }
        return wanted.length == 0;
    }
}

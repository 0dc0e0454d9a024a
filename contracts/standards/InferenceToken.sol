// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IERC7007} from "./IERC7007.sol";

/// @title A token for each prompt, with the answer that a model provably gives to it (ERC-7007)
/// @notice `prompt` is the packed input instances, so the model's inputs have to be public; `aigcData` is the packed output
/// instances; `proof` is `abi.encode(uint256[] instances, bytes proof, Binding binding)`, bound to the token's id as its
/// request. A prompt is claimed by a hidden commitment first, so that nobody takes it out of the mempool.
contract InferenceToken is ERC721, IERC7007 {
    /// @notice Seconds for which a claim has to lie before it can be revealed, and after which it is void.
    uint256 public constant CLAIM_DELAY = 60;
    uint256 public constant CLAIM_LIFETIME = 1 days;

    /// @notice The gateway that checks the proofs.
    IInferenceGateway public immutable gateway;

    /// @notice The one model version whose answers are tokens.
    uint256 public immutable modelId;

    /// @notice When a commitment was made; zero for never.
    mapping(bytes32 commitment => uint256) public claimedAt;

    /// @notice Whether a token has its content.
    mapping(uint256 tokenId => bool) public proved;

    IModelRegistry.Layout private _layout;

    /// @notice A prompt's commitment was made.
    event Claimed(bytes32 indexed commitment, address indexed claimer);

    /// @notice Without public inputs there is no prompt to see.
    error PromptIsPrivate(uint256 modelId);

    /// @notice The commitment was made before.
    error AlreadyClaimed(bytes32 commitment);

    /// @notice No commitment to this prompt is ripe: it has to lie for a minute, and for a day at most.
    error ClaimNotRipe(bytes32 commitment, uint256 claimedAt);

    /// @notice The token's content is there already.
    error AlreadyProved(uint256 tokenId);

    /// @notice Only the token's owner adds its content.
    error NotTokenOwner(uint256 tokenId, address caller);

    /// @notice The token is not of this prompt.
    error OtherPrompt(uint256 tokenId);

    /// @notice The proof does not show that the model answers so.
    error NotProved(uint256 tokenId);

    /// @param gateway_ The gateway that checks the proofs.
    /// @param modelId_ The one model version whose answers are tokens, with public inputs.
    constructor(IInferenceGateway gateway_, uint256 modelId_) ERC721("Proved inference", "PROVED") {
        (gateway, modelId) = (gateway_, modelId_);
        _layout = IModelRegistry(gateway_.registry()).routeOf(modelId_).layout;
        if (_layout.inputCount == 0) revert PromptIsPrivate(modelId_);
    }

    /// @notice Commits to a prompt without showing it.
    /// @param commitment `keccak256(abi.encode(claimer, prompt, salt))`.
    function claim(bytes32 commitment) external {
        // Whether there is a time, not which.
        // slither-disable-next-line timestamp
        if (claimedAt[commitment] != 0) revert AlreadyClaimed(commitment);
        claimedAt[commitment] = block.timestamp;
        emit Claimed(commitment, msg.sender);
    }

    /// @notice Reveals a claim of the caller's and mints the prompt's token to it.
    function mint(bytes calldata prompt, bytes32 salt) external returns (uint256 tokenId) {
        bytes32 commitment = keccak256(abi.encode(msg.sender, prompt, salt));
        uint256 since = claimedAt[commitment];
        // A validator can shift the time by seconds; a claim lies for a minute.
        // slither-disable-next-line timestamp
        bool ripe = since != 0 && block.timestamp >= since + CLAIM_DELAY && block.timestamp <= since + CLAIM_LIFETIME;
        if (!ripe) revert ClaimNotRipe(commitment, since);
        tokenId = tokenIdOf(prompt);
        _mint(msg.sender, tokenId);
    }

    /// @inheritdoc IERC7007
    function addAigcData(uint256 tokenId, bytes calldata prompt, bytes calldata aigcData, bytes calldata proof)
        external
    {
        if (_requireOwned(tokenId) != msg.sender) revert NotTokenOwner(tokenId, msg.sender);
        if (tokenIdOf(prompt) != tokenId) revert OtherPrompt(tokenId);
        if (proved[tokenId]) revert AlreadyProved(tokenId);
        proved[tokenId] = true;
        if (!verify(prompt, aigcData, proof)) revert NotProved(tokenId);
        emit AigcData(tokenId, prompt, aigcData, proof);
    }

    /// @inheritdoc IERC7007
    /// @dev False for whatever is wrong, also for bytes that are no proof at all.
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) public view returns (bool) {
        try this.requireProved(prompt, aigcData, proof) {
            return true;
        } catch {
            return false;
        }
    }

    /// @notice Reverts unless the proof shows that the model answers `aigcData` to `prompt`.
    function requireProved(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) external view {
        (uint256[] memory instances, bytes memory inner, IInferenceGateway.Binding memory binding) =
            abi.decode(proof, (uint256[], bytes, IInferenceGateway.Binding));
        uint256 tokenId = tokenIdOf(prompt);
        bool same = keccak256(_packed(instances, _layout.inputStart, _layout.inputCount)) == keccak256(prompt)
            && keccak256(_packed(instances, _layout.outputStart, _layout.outputCount)) == keccak256(aigcData)
            && binding.request == bytes32(tokenId);
        if (!same) revert NotProved(tokenId);
        gateway.checkBound(modelId, instances, inner, binding);
    }

    /// @notice The token of a prompt.
    function tokenIdOf(bytes calldata prompt) public pure returns (uint256 tokenId) {
        return uint256(keccak256(prompt));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IERC7007).interfaceId || super.supportsInterface(interfaceId);
    }

    function _packed(uint256[] memory instances, uint256 start, uint256 count) private pure returns (bytes memory) {
        uint256[] memory part = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            part[i] = instances[start + i];
        }
        return abi.encodePacked(part);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERCZKMLRegistry} from "../interfaces/IERCZKMLRegistry.sol";
import {IERCZKMLStorageExtension} from "../interfaces/IERCZKMLStorageExtension.sol";
import {IERCZKMLVerifier} from "../interfaces/IERCZKMLVerifier.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {StatementBook} from "./StatementBook.sol";

/// @title The functions of ERC-7992
/// @notice `proof` is `abi.encode(uint256[] instances, bytes proof, Binding binding)`. `inputCommitment` is
/// `inputCommitmentOf(versionOf(modelId), instances)`, `output` the packed output instances. Unlike the draft's
/// reference, verifying records the statement too, so that no proof counts twice.
abstract contract StandardInference is StatementBook, IERCZKMLStorageExtension, IERC165 {
    /// @dev The only proof system that is checked here, see VersionBook.
    bytes4 private constant _PROOF_SYSTEM_ID = bytes4(keccak256("halo2-kzg-bn254-v1"));

    /// @dev Where an answer that is kept can be read again.
    struct Inference {
        uint256 modelId;
        bytes32 inputCommitment;
        bytes output;
    }

    mapping(bytes32 inferenceId => Inference) private _inferences;

    /// @inheritdoc IERCZKMLVerifier
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external
    {
        _onlyCanonical(abi.encodeCall(IERCZKMLVerifier.verifyInference, (modelId, inputCommitment, output, proof)));
        _verify(modelId, inputCommitment, output, proof);
    }

    /// @inheritdoc IERCZKMLStorageExtension
    // The statement was recorded before anyone was called, so nobody gets here twice with it.
    // slither-disable-start reentrancy-benign,reentrancy-events,reentrancy-no-eth
    function verifyAndStoreInference(
        uint256 modelId,
        bytes32 inputCommitment,
        bytes calldata output,
        bytes calldata proof
    ) external returns (bytes32 inferenceId) {
        _onlyCanonical(
            abi.encodeCall(IERCZKMLStorageExtension.verifyAndStoreInference, (modelId, inputCommitment, output, proof))
        );
        _verify(modelId, inputCommitment, output, proof);
        inferenceId = keccak256(abi.encodePacked(modelId, inputCommitment, output));
        _inferences[inferenceId] = Inference(modelId, inputCommitment, output);
        emit InferenceStored(inferenceId);
    }

    // slither-disable-end reentrancy-benign,reentrancy-events,reentrancy-no-eth

    /// @inheritdoc IERCZKMLStorageExtension
    function getInference(bytes32 inferenceId)
        external
        view
        returns (uint256 modelId, bytes32 inputCommitment, bytes memory output)
    {
        Inference storage kept = _inferences[inferenceId];
        if (kept.output.length == 0) revert InferenceNotFound(inferenceId);
        return (kept.modelId, kept.inputCommitment, kept.output);
    }

    /// @inheritdoc IERCZKMLVerifier
    function proofSystemOf(uint256 modelId) external view returns (bytes4) {
        // slither-disable-next-line unused-return
        (IERCZKMLRegistry.ModelCommitment memory commitment,,) = IModelRegistry(_REGISTRY).getModel(modelId);
        return commitment.proofSystemId;
    }

    /// @inheritdoc IERC165
    /// @dev `verifyInference` alone is an id too: the draft does not say whether the helpers count.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERCZKMLVerifier).interfaceId
            || interfaceId == IERCZKMLVerifier.verifyInference.selector
            || interfaceId == type(IERCZKMLStorageExtension).interfaceId
            || interfaceId == type(IInferenceGateway).interfaceId;
    }

    /// @notice The parts of a proof as ERC-7992 passes it. Reverts without data when it is none.
    function decodeProof(bytes calldata proof)
        external
        pure
        returns (uint256[] memory instances, bytes memory inner, Binding memory binding)
    {
        return abi.decode(proof, (uint256[], bytes, Binding));
    }

    function _verify(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof) private {
        Submission memory submission = _submissionOf(modelId, proof);
        Accepted memory accepted = this.accept(msg.sender, modelId, submission);
        if (accepted.inputCommitment != inputCommitment) revert InputCommitmentMismatch();
        if (keccak256(accepted.output) != keccak256(output)) revert OutputMismatch();
    }

    function _submissionOf(uint256 modelId, bytes calldata proof) private view returns (Submission memory submission) {
        // The owner is nobody that a proof depends on.
        // slither-disable-next-line unused-return
        (IERCZKMLRegistry.ModelCommitment memory commitment, bool deprecated,) =
            IModelRegistry(_REGISTRY).getModel(modelId);
        if (deprecated) revert VerificationRefused_ModelDeprecated(modelId);
        if (commitment.proofSystemId != _PROOF_SYSTEM_ID) revert UnsupportedProofSystem(commitment.proofSystemId);
        submission.modelId = IModelRegistry(_REGISTRY).versionOf(modelId);
        if (submission.modelId == 0) revert ModelMismatch();
        try this.decodeProof(proof) returns (uint256[] memory instances, bytes memory inner, Binding memory binding) {
            (submission.instances, submission.proof, submission.binding) = (instances, inner, binding);
        } catch {
            revert InvalidProof();
        }
        bytes memory canonical = abi.encode(submission.instances, submission.proof, submission.binding);
        if (keccak256(canonical) != keccak256(proof)) revert NonCanonicalCalldata();
    }

    /// @dev Trailing bytes, moved heads and the like: whoever reads the calldata must read what was checked.
    function _onlyCanonical(bytes memory canonical) internal pure {
        if (keccak256(canonical) != keccak256(msg.data)) revert NonCanonicalCalldata();
    }
}

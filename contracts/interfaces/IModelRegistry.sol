// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "./IERCZKMLRegistry.sol";

/// @title Model versions that never change, and models whose default version does
/// @notice Both kinds share one space of ids and the rules of ownership. A *version* pins a circuit, its verifier and
/// everything else that a proof's meaning depends on; it cannot be updated, only stopped. A *model* is an entry of
/// ERC-7992: it commits to a version of its owner's, and can come to commit to another after a delay.
interface IModelRegistry is IERCZKMLRegistry {
    /// @notice Where each part of a statement lies among the instances. A count of 0 means the part is absent.
    struct Layout {
        uint32 instanceCount;
        uint32 inputStart;
        uint32 inputCount;
        uint32 outputStart;
        uint32 outputCount;
        uint32 bindingStart; // of its tag, one instance; type(uint32).max when proofs carry no binding
        uint32 paramsStart;
        uint32 paramsCount;
    }

    /// @notice Instances that must lie between two numbers, as signed field elements.
    struct Range {
        uint32 start;
        uint32 count;
        int96 low;
        int96 high;
    }

    /// @notice Everything that the meaning of a proof depends on, apart from the ranges.
    struct ModelVersion {
        bytes32 circuitDigest;
        bytes32 modelDigest;
        address adapter;
        bytes32 adapterCodeHash;
        bytes32 keyDigest; // of the shared verifier's key words, or the generated verifier's code hash
        bytes32 paramsDigest; // keccak256 of the packed parameter instances; zero when there are none
        Layout layout;
        bool devSrs; // the maker of the reference string can forge proofs
        string name;
    }

    /// @notice What a gateway needs to route a proof: a part of the version, cheaper to read.
    struct Route {
        address adapter;
        bytes32 adapterCodeHash;
        bytes32 paramsDigest;
        Layout layout;
        bool stopped;
        Range[] ranges;
    }

    /// @notice What ERC-8084 wants known of a circuit besides its digest.
    struct Metadata {
        uint64 circuitVersion; // major and minor, 32 bits each
        bytes32 publicInputsSchemaHash;
        string publicInputsSchemaURI;
        string verificationKeyURI;
    }

    /// @notice A new version exists.
    event VersionRegistered(uint256 indexed modelId, address indexed owner, bytes32 indexed circuitDigest, string name);

    /// @notice From `effectiveAt` on the model commits to another version; zero: to none that is known here.
    event UpdateScheduled(uint256 indexed modelId, uint256 indexed versionId, uint64 effectiveAt);

    /// @notice `newOwner` can take the id over by accepting.
    event OwnershipOffered(uint256 indexed modelId, address indexed owner, address indexed newOwner);

    /// @notice The id has another owner.
    event OwnershipTransferred(uint256 indexed modelId, address indexed oldOwner, address indexed newOwner);

    /// @notice `guardian` may stop the id; zero: nobody but the owner.
    event GuardianSet(uint256 indexed modelId, address indexed guardian);

    /// @notice A version's metadata was set (ERC-8084).
    event CircuitMetadataUpdated(bytes32 indexed circuitId, uint64 circuitVersion, bytes4 proofSystem);

    /// @notice The version exists already.
    error AlreadyRegistered(uint256 modelId);

    /// @notice The version is what it was registered as.
    error VersionIsImmutable(uint256 modelId);

    /// @notice The id is not that of a version.
    error NotAVersion(uint256 modelId);

    /// @notice `caller` may not stop this id.
    error NotGuardian(uint256 modelId, address caller);

    /// @notice The id was not offered to `caller`.
    error NotOffered(uint256 modelId, address caller);

    /// @notice The digest called `field` must not be zero.
    error ZeroDigest(string field);

    /// @notice The adapter serves another circuit.
    error CircuitMismatch(bytes32 expected, bytes32 found);

    /// @notice The adapter checks proofs with another key.
    error KeyDigestMismatch(bytes32 expected, bytes32 found);

    /// @notice A parameter digest without parameter instances, or the other way round.
    error ParamsMismatch(bytes32 paramsDigest, uint256 paramsCount);

    /// @notice A version without outputs proves nothing that anyone could use.
    error NoOutputs();

    /// @notice The segment called `segment` ends at `end`, beyond the instances.
    error SegmentOutside(string segment, uint256 end, uint256 instanceCount);

    /// @notice Two segments share instances.
    error SegmentsOverlap(string first, string second);

    /// @notice More ranges than anyone could afford to check.
    error TooManyRanges(uint256 count, uint256 allowed);

    /// @notice The range at `index` is empty, upside down or not among the instances.
    error BadRange(uint256 index);

    /// @notice A development reference string is allowed on development chains only.
    error DevSrsRefused(uint256 chainId);

    /// @notice A circuit's version only grows.
    error CircuitVersionNotNewer(uint64 current, uint64 found);

    /// @notice Adds a version owned by the caller.
    /// @return modelId The version's id, see `modelIdOf`.
    function register(ModelVersion calldata version, Range[] calldata ranges) external returns (uint256 modelId);

    /// @notice Stops a version or model for ever. Its owner and its guardian may.
    function stop(uint256 modelId) external;

    /// @notice Lets `guardian` stop the id, or with zero nobody but the owner. Only its owner may.
    function setGuardian(uint256 modelId, address guardian) external;

    /// @notice Offers the id to `newOwner`, who has to accept. Zero takes the offer back. Only its owner may.
    function transferOwnership(uint256 modelId, address newOwner) external;

    /// @notice Takes over an id that was offered to the caller. Its guardian stays.
    function acceptOwnership(uint256 modelId) external;

    /// @notice Says what a version's proofs look like. Only its owner may.
    function setMetadata(uint256 modelId, Metadata calldata metadata) external;

    /// @notice The version with this id. Reverts if there is none.
    function getVersion(uint256 modelId) external view returns (ModelVersion memory version);

    /// @notice Between which numbers a version's instances must lie.
    function rangesOf(uint256 modelId) external view returns (Range[] memory ranges);

    /// @notice What a version's proofs look like; all zero when nobody said.
    function metadataOf(uint256 modelId) external view returns (Metadata memory metadata);

    /// @notice The routing part of a version. Reverts if there is none.
    function routeOf(uint256 modelId) external view returns (Route memory route);

    /// @notice The version that an id stands for: itself, or the model's present default; zero for none.
    function versionOf(uint256 modelId) external view returns (uint256 versionId);

    /// @notice The update of a model that is on its way; `effectiveAt` is zero when there is none.
    function scheduledUpdate(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, uint256 versionId, uint64 effectiveAt);

    /// @notice Who owns the id. Reverts if nobody does.
    function ownerOf(uint256 modelId) external view returns (address owner);

    /// @notice Who besides the owner may stop the id.
    function guardianOf(uint256 modelId) external view returns (address guardian);

    /// @notice To whom the id is offered.
    function pendingOwnerOf(uint256 modelId) external view returns (address pendingOwner);

    /// @notice Whether the id was stopped. Reverts if there is none.
    function stopped(uint256 modelId) external view returns (bool);

    /// @notice The id that `owner` gets, or got, for this circuit behind this adapter.
    function modelIdOf(address owner, bytes32 circuitDigest, address adapter) external view returns (uint256 modelId);
}

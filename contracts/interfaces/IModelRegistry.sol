// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Immutable model versions
/// @notice A version never changes: a new version is a new id. Its owner can stop it, once and for ever.
interface IModelRegistry {
    /// @notice Where each part of a statement lies among the instances. A count of 0 means the part is absent.
    struct Layout {
        uint32 instanceCount;
        uint32 inputStart;
        uint32 inputCount;
        uint32 outputStart;
        uint32 outputCount;
        uint32 bindingStart; // type(uint32).max when proofs carry no binding; nine limbs otherwise
        uint32 paramsStart;
        uint32 paramsCount;
    }

    /// @notice Everything that the meaning of a proof depends on.
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
    }

    /// @notice A new version exists.
    event ModelRegistered(uint256 indexed modelId, address indexed owner, bytes32 indexed circuitDigest, string name);

    /// @notice No proof of this version is accepted any more.
    event ModelStopped(uint256 indexed modelId);

    /// @notice No such version.
    error ModelNotFound(uint256 modelId);

    /// @notice `caller` does not own the version.
    error NotModelOwner(uint256 modelId, address caller);

    /// @notice The version exists already.
    error AlreadyRegistered(uint256 modelId);

    /// @notice The version was stopped before.
    error AlreadyStopped(uint256 modelId);

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

    /// @notice A development reference string is allowed on development chains only.
    error DevSrsRefused(uint256 chainId);

    /// @notice Adds a version owned by the caller.
    /// @return modelId The version's id, see `modelIdOf`.
    function register(ModelVersion calldata version) external returns (uint256 modelId);

    /// @notice Stops a version for ever. Only its owner may.
    function stop(uint256 modelId) external;

    /// @notice The version with this id. Reverts if there is none.
    function getVersion(uint256 modelId) external view returns (ModelVersion memory version);

    /// @notice The routing part of a version. Reverts if there is none.
    function routeOf(uint256 modelId) external view returns (Route memory route);

    /// @notice Who registered the version. Reverts if there is none.
    function ownerOf(uint256 modelId) external view returns (address owner);

    /// @notice Whether the version was stopped. Reverts if there is none.
    function stopped(uint256 modelId) external view returns (bool);

    /// @notice The id that `owner` gets, or got, for this circuit behind this adapter.
    function modelIdOf(address owner, bytes32 circuitDigest, address adapter) external view returns (uint256 modelId);
}

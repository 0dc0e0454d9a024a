// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceGateway} from "../../../contracts/InferenceGateway.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Federation} from "../training/support/Federation.sol";
import {FixedVerifier} from "./FixedVerifier.sol";

/// @dev A federation and a gateway on one registry. Published versions have an output, a parameters' hash and a tag;
/// the hash of the weights after round n is 100 + n. `modelId` is the version that was published before any round.
abstract contract TrainedCheck is Federation {
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);

    InferenceGateway internal gateway;
    uint256 internal modelId;
    mapping(uint256 version => FixedVerifier) private _adapters;

    function setUp() public virtual override {
        super.setUp();
        gateway = new InferenceGateway(address(registry));
        modelId = published();
    }

    function poseidon() internal view returns (uint256) {
        return 100 + ledger.modelRound();
    }

    /// @dev A version with the ledger's present weights, which the ledger has not linked.
    function unlinked() internal returns (uint256 id) {
        FixedVerifier adapter = new FixedVerifier("circuit", "key");
        IModelRegistry.ModelVersion memory version;
        (version.circuitDigest, version.modelDigest, version.keyDigest) = ("circuit", "model", "key");
        (version.adapter, version.adapterCodeHash) = (address(adapter), address(adapter).codehash);
        version.paramsDigest = keccak256(abi.encodePacked(poseidon()));
        version.layout = IModelRegistry.Layout({
            instanceCount: 3,
            inputStart: 0,
            inputCount: 0,
            outputStart: 0,
            outputCount: 1,
            bindingStart: 2,
            paramsStart: 1,
            paramsCount: 1
        });
        id = registry.register(version, new IModelRegistry.Range[](0));
        _adapters[id] = adapter;
    }

    function hashWeights() internal {
        uint256[] memory instances = new uint256[](1);
        instances[0] = poseidon();
        ledger.hashWeights(weightsCircuit.proofOf(instances, model), instances[0]);
    }

    function published() internal returns (uint256 version) {
        version = unlinked();
        hashWeights();
        ledger.linkModel(version);
    }

    /// @dev One more round, after which the ledger has another model.
    function train() internal {
        close(first(2), submitted(first(2)));
    }

    /// @dev An answer that the gateway has recorded for Alice.
    function recorded(uint256 version, uint256 hash, int256 output) internal returns (uint256[] memory s) {
        IInferenceGateway.Binding memory b =
            IInferenceGateway.Binding(ALICE, 0, uint256(output), uint64(block.timestamp + 60));
        s = new uint256[](3);
        (s[0], s[1], s[2]) = (uint256(output), hash, gateway.bindingTag(version, b));
        bytes memory proof = _adapters[version].proofOf(s);
        vm.prank(ALICE);
        gateway.submit(version, s, proof, b);
    }
}

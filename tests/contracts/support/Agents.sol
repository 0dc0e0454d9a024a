// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @dev Stands in for an identity registry of agents.
contract Agents is ERC721 {
    uint256 private _count;

    constructor() ERC721("Agents", "AGENT") {}

    function register() external returns (uint256 agentId) {
        agentId = 1_000_000 + ++_count;
        _safeMint(msg.sender, agentId);
    }

    function mint(address to, uint256 agentId) external {
        _mint(to, agentId);
    }
}

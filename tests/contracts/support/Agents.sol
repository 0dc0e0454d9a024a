// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @dev Stands in for an identity registry of agents.
contract Agents is ERC721 {
    constructor() ERC721("Agents", "AGENT") {}

    function mint(address to, uint256 agentId) external {
        _mint(to, agentId);
    }
}

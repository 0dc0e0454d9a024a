// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Bn254} from "../../contracts/libraries/Bn254.sol";
import {Check} from "./support/Check.sol";

contract Bn254Test is Check {
    function signed(uint256 element) external pure returns (int256) {
        return Bn254.signed(element);
    }

    function testFuzzRoundTrip(int256 raw) public view {
        int256 half = int256(Bn254.R / 2);
        int256 value = raw % (half + 1);
        uint256 element = value < 0 ? Bn254.R - uint256(-value) : uint256(value);
        equal(this.signed(element), value);
    }

    function testMiddleOfTheFieldIsTheLargestPositive() public view {
        equal(this.signed(Bn254.R / 2), int256(Bn254.R / 2));
        equal(this.signed(Bn254.R / 2 + 1), -int256(Bn254.R / 2));
        equal(this.signed(Bn254.R - 1), -1);
    }

    function testFuzzRefusesWhatIsNotInTheField(uint256 raw) public {
        uint256 element = bounded(raw, Bn254.R, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(Bn254.NotInField.selector, element));
        this.signed(element);
    }
}

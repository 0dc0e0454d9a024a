"""A signer of its own process, right or wrong: python -m tests.support.signer_program HOW.

eth_account takes half a second to import, so only signing does.
"""

import json
import sys

KEY = "5e" * 32
ADDRESS = "0xd8291E50E2e68fb2c70d77cCDc707D291a89f209"


def signed_typed(typed: dict, how: str) -> dict:
    from eth_account import Account
    from eth_account.messages import encode_typed_data

    if how == "another permit":
        typed = {**typed, "message": {**typed["message"], "relayer": "0x" + "11" * 20}}
    signature = "0x" + bytes(Account.sign_message(encode_typed_data(full_message=typed), KEY).signature).hex()
    return {"signature": "no" if how == "no hex" else signature[:-2] if how == "cut" else signature}


def main(how: str) -> int:
    asked = json.load(sys.stdin)
    assert asked["zkchain_signer"] == 1
    if how == "fails":
        return 3
    if how == "babbles":
        print("please insert your card")
        return 0
    if asked["method"] == "address":
        print(json.dumps({"address": "nobody" if how == "nobody" else ADDRESS}))
        return 0
    if asked["method"] == "sign_typed":
        print(json.dumps(signed_typed(asked["typed_data"], how)))
        return 0
    from eth_account import Account

    fields = asked["transaction"]
    tx = {name: fields[name] if name in ("to", "data") else int(fields[name], 16) for name in fields if name != "from"}
    tx |= {"dearer": {"maxFeePerGas": 10**12}, "elsewhere": {"to": "0x" + "11" * 20}, "more": {"value": 1}}.get(how, {})
    tx |= {"other data": {"data": "0x01"}, "other chain": {"chainId": 1}}.get(how, {})
    if how == "other type":  # EIP-2930's, as near to what was asked for as it can be
        del tx["maxPriorityFeePerGas"]
        tx["gasPrice"] = tx.pop("maxFeePerGas")
        tx["accessList"] = []
    raw = "0x" + bytes(Account.sign_transaction(tx, KEY).raw_transaction).hex()
    print(json.dumps({"raw": raw[:-2] if how == "cut" else raw}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

// SPDX-License-Identifier: GPL-2.0
// The gate of a server's port: the last program in both directions. A frame passes if every mirror of this server has had it; the
// last of the mirrors lets it pass at once (mirror.bpf.c), so that this program sees what nobody watches, and what is to be held.
// That is said in skb->tc_index, a bit per mirror: nobody else uses it since the dsmark scheduler is gone (Linux 6.3).
// What if the gate itself is missing? The policing of the port demands its mark of what the server VM sends; what is sent to the VM
// keeps an address that the VM does not have (gate.bpf.h).
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "gate.bpf.h"

static __always_inline bool passes(struct __sk_buff *skb)
{
	__u32 held_at = HS_HELD;
	__u64 *held = bpf_map_lookup_elem(&hs_gate, &held_at);

	if (is_complete(skb))
		return true;
	if (held)
		__sync_fetch_and_add(held, 1);
	return false;
}

SEC("tc")
int hs_gate_out(struct __sk_buff *skb) // towards the server VM
{
	if (!passes(skb))
		return TC_ACT_SHOT;
	address(skb);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int hs_gate_in(struct __sk_buff *skb) // from the server VM; a frame from another network namespace has no mark
{
	if (!passes(skb))
		return TC_ACT_SHOT;
	skb->mark = HS_PASSED;
	return TC_ACT_UNSPEC;
}

char hs_license[] SEC("license") = "GPL";

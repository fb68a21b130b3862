/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs at a server's port have agreed on, so that it is closed when one of them is missing. */
#ifndef HS_GATE_H
#define HS_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

// As in PortTables: what the policing of the port demands of frames from the server VM.
#define HS_PASSED 0x48530001

#define HS_REQUIRED 0 // bits of the mirrors; written by the daemon
#define HS_HELD     1 // frames that did not pass

// One a port: the gate's and all its mirrors'.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hs_gate SEC(".maps");

/* include/linux/netdevice.h, not in the uapi headers: what a device's queue answers. */
#define NET_XMIT_DROP 1

/* The base addresses its frames to a MAC that the server VM does not have, and the programs here put in the one it has: without
 * them, its kernel takes no frame. The fifth byte tells: 1 is the VM, 0 the base (AddressPlan), 2 nobody. */
#define HS_SIDE 4
#define HS_NOBODY 2
#define HS_MACHINE 1

static __always_inline void address(struct __sk_buff *skb)
{
	__u8 machine = HS_MACHINE;
	__u8 to[HS_SIDE + 1];

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_dest), to, sizeof(to)))
		return;
	if (to[0] == 0x02 && to[1] == 0x48 && to[HS_SIDE] == HS_NOBODY)
		bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest) + HS_SIDE, &machine, 1, 0);
}

/* Has the frame had every mirror that is demanded? Then it is free to go. */
static __always_inline bool is_complete(struct __sk_buff *skb)
{
	__u32 required_at = HS_REQUIRED;
	__u64 *required = bpf_map_lookup_elem(&hs_gate, &required_at);

	/* It cannot be missing from an array; the verifier wants to hear it. */
	if (!required || (~skb->tc_index & (__u32)*required))
		return false;
	skb->tc_index = 0;
	return true;
}

#endif

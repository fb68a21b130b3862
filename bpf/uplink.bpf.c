// SPDX-License-Identifier: GPL-2.0
// A NIC's network for one server VM: what arrives at its macvlan in the base goes on to the VM's port, as it is, past the base's own
// protocols. (The other way is policing's: what it lets through it hands to the macvlan.) At the port's egress are the mirrors and
// the gate; only they can put the address back without which the VM's kernel takes no frame (gate.bpf.h).
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "gate.bpf.h"

// The port's end in the base; written before the program is attached.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} hs_port SEC(".maps");

SEC("tc")
int hs_uplink(struct __sk_buff *skb) // ingress of the macvlan
{
	__u32 zero = 0;
	__u32 *port = bpf_map_lookup_elem(&hs_port, &zero);
	__u8 nobody = HS_NOBODY;
	__u8 first;
	long failed;

	if (!port || bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_dest), &first, 1))
		return TC_ACT_SHOT;
	if (first & 1) {
		first ^= HS_GROUP;
		skb->mark = HS_DISGUISED;
		failed = bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest), &first, 1, 0);
	} else {
		// A macvlan takes no unicast frames but those for its own address, which is the VM's.
		skb->mark = 0;
		failed = bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest) + HS_SIDE, &nobody, 1, 0);
	}
	skb->tc_index = 0;
	return failed ? TC_ACT_SHOT : bpf_redirect(*port, 0);
}

char hs_license[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0
// The mirror port (SW-2…5). One copy of this object is loaded per mirror; its maps belong to that mirror alone.
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "gate.bpf.h"

// Where copies go. Written by the daemon before the programs are attached.
struct target {
	__u32 interface; // index of the base's end of the mirror
	__u32 always;    // copy whatever the flag says
	__u32 priority;  // of this mirror's filters on the server's port: for a daemon that takes over
	__u32 strict;    // hold back whatever the mirror's other end did not take: somebody inside might have closed it
};

// What became of every frame that passed: received + sent = mirrored + dropped + idle.
struct counters {
	__u64 received;
	__u64 sent;
	__u64 mirrored;
	__u64 dropped;
	__u64 idle;
	__u64 bytes;
	__u64 refused;
	__u64 held;      // did not pass the port: there was no mirror to copy them to
};

// Set by the IDS VM's monitor with a plain store into the mapped page: no privilege, no system call, no daemon.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} hs_flag SEC(".maps");

// Apart from the flag: who may switch the copy on must not choose where it goes.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct target);
} hs_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} hs_counters SEC(".maps");

// True if the frame may pass.
static __always_inline bool copy(struct __sk_buff *skb, struct counters *counters)
{
	__u32 zero = 0;
	volatile __u32 *active = bpf_map_lookup_elem(&hs_flag, &zero);
	struct target *target = bpf_map_lookup_elem(&hs_target, &zero);
	long lost;

	// Neither can be missing from an array; the verifier wants to hear it.
	if (!active || !target)
		return false;
	skb->tc_index |= 1 << ((target->priority - 1) & 15);
	if (!*active && !target->always) {
		counters->idle++;
		return true;
	}
	// The clone is sent through the mirror's veth at once, on this processor: order is kept per direction, and the result is
	// that of the frame's whole way into the IDS VM's receive queue.
	lost = bpf_clone_redirect(skb, target->interface, 0);
	if (!lost) {
		counters->mirrored++;
		counters->bytes += skb->len;
		return true;
	}
	// A full receive queue (NET_XMIT_DROP) is a loss, and counted. All else (no such interface; it is down; NET_XMIT_CN, the answer
	// of an interface whose other end is down) means that there is no mirror: nothing passes unseen (SW-2).
	if (lost != NET_XMIT_DROP || target->strict)
		return false;
	counters->dropped++;
	return true;
}

// TC_ACT_UNSPEC: the frame goes on to the next mirror, then to the gate. TC_ACT_OK: this was the last that is demanded, and the frame
// needs no gate to go its way: a program less for each frame.

SEC("tc")
int hs_to_server(struct __sk_buff *skb) // egress of the port's base end
{
	__u32 zero = 0;
	struct counters *counters = bpf_map_lookup_elem(&hs_counters, &zero);

	address(skb);
	if (!counters)
		return TC_ACT_SHOT;
	if (!copy(skb, counters)) {
		counters->held++;
		return TC_ACT_SHOT;
	}
	counters->received++;
	return is_complete(skb) ? TC_ACT_OK : TC_ACT_UNSPEC;
}

SEC("tc")
int hs_from_server(struct __sk_buff *skb) // ingress of the port's base end, before policing
{
	__u32 zero = 0;
	struct counters *counters = bpf_map_lookup_elem(&hs_counters, &zero);

	if (!counters)
		return TC_ACT_SHOT;
	if (!copy(skb, counters)) {
		counters->held++;
		return TC_ACT_SHOT;
	}
	counters->sent++;
	if (!is_complete(skb))
		return TC_ACT_UNSPEC;
	skb->mark = HS_PASSED;
	return TC_ACT_OK;
}

// Ingress of the mirror's base end: what the IDS VM sends into its mirror port ends here (SW-4).
SEC("tc")
int hs_refuse(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct counters *counters = bpf_map_lookup_elem(&hs_counters, &zero);

	if (counters)
		counters->refused++;
	return TC_ACT_SHOT;
}

// Ingress of the IDS VM's end. Packet sockets see every frame; the VM's own protocols must not: a server could address a broadcast
// frame to an address of the IDS VM. Frames for other hosts are what they all ignore.
SEC("tc")
int hs_deafen(struct __sk_buff *skb)
{
	if (skb->pkt_type != PACKET_OTHERHOST)
		bpf_skb_change_type(skb, PACKET_OTHERHOST);
	return TC_ACT_UNSPEC;
}

char hs_license[] SEC("license") = "GPL";

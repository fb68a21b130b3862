/* SPDX-License-Identifier: GPL-2.0 */
/* What a mirror leaves out (docs/design.md §4). The rules, at most 32, are bits: each property of a frame selects those that it agrees
 * with, and what is left of the bits holds for the frame. Most of it are table look-ups; the two loops are bounded and plain, so that the
 * verifier of Linux 6.1 takes them.
 *
 * What cannot be told of a frame might be anything: it is copied if any 'only' could want it, and left out by an 'except' only if that is
 * sure to mean it. Who fragments a packet, or buries its header, does not hide it. */
#ifndef HS_FILTER_H
#define HS_FILTER_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>

#define HS_TO_SERVER   0
#define HS_FROM_SERVER 1

#define HS_PORTS 32
#define HS_NETWORKS 32
#define HS_TAGS 2
#define HS_HEADERS 8

/* What is known of a frame. */
#define HS_KNOWN_PROTOCOL  1
#define HS_KNOWN_PORTS     2
#define HS_KNOWN_ADDRESSES 4
#define HS_KNOWN_FLOW      7
#define HS_HAS_PORTS       8

/* Rules that a port agrees with, as the server VM's own and as the other side's. */
struct ports {
	__u16 first, last;
	__u32 own, peer;
};

/* Rules that an address of the other side agrees with; IPv4 is in the last word. */
struct network {
	__u32 address[4];
	__u32 mask[4];
	__u32 version; /* of IP */
	__u32 rules;
};

/* As FilterImage. */
struct filter {
	__u32 only, except;                            /* which rules are which */
	__u32 direction[2];                            /* rules that hold in it */
	__u32 any_protocol, any_own, any_peer, any_network; /* rules that do not ask for it */
	__u32 ports, networks;                         /* how many there are */
	__u32 sample;                                  /* one flow of so many; 0: all */
	__u32 seed;                                    /* which ones: nobody outside shall choose */
	__u32 truncate;                                /* longest copy; 0: whole */
	__u32 protocol[256];
	struct ports port[HS_PORTS];
	struct network network[HS_NETWORKS];
};

/* Two, so that a change is one word (target.how): no frame meets half of it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct filter);
} hs_filter SEC(".maps");

struct left_out {
	__u64 by_rule;
	__u64 by_sample;
	__u64 bytes;     /* of both */
	__u64 cut;       /* copies that lost their end */
	__u64 cut_bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct left_out);
} hs_left_out SEC(".maps");

struct packet {
	__u32 own[4], peer[4];
	__u16 own_port, peer_port;
	__u16 known;
	__u8 protocol, version;
};

static __always_inline void read_ports(struct __sk_buff *skb, __u32 at, struct packet *packet, __u32 direction)
{
	__be16 ports[2];

	packet->known |= HS_KNOWN_PROTOCOL;
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP && packet->protocol != IPPROTO_SCTP &&
	    packet->protocol != IPPROTO_DCCP && packet->protocol != IPPROTO_UDPLITE) {
		packet->known |= HS_KNOWN_PORTS;
		return;
	}
	if (bpf_skb_load_bytes(skb, at, ports, sizeof(ports)))
		return;
	packet->known |= HS_KNOWN_PORTS | HS_HAS_PORTS;
	packet->peer_port = bpf_ntohs(direction == HS_TO_SERVER ? ports[0] : ports[1]);
	packet->own_port = bpf_ntohs(direction == HS_TO_SERVER ? ports[1] : ports[0]);
}

static __always_inline void read_v4(struct __sk_buff *skb, __u32 at, struct packet *packet, __u32 direction)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
		return;
	packet->protocol = ip.protocol;
	packet->version = 4;
	packet->own[3] = direction == HS_TO_SERVER ? ip.daddr : ip.saddr;
	packet->peer[3] = direction == HS_TO_SERVER ? ip.saddr : ip.daddr;
	/* Options may be a source route: the address in the header is not where it goes to. */
	if (ip.ihl == 5)
		packet->known |= HS_KNOWN_ADDRESSES;
	/* Of a packet in pieces no port is believed, the first piece's neither: another may lie over it. The protocol is the same in
	 * all pieces, or they do not belong together (RFC 791, 3.2). */
	if (ip.frag_off & bpf_htons(0x3fff))
		packet->known |= HS_KNOWN_PROTOCOL;
	else
		read_ports(skb, at + ip.ihl * 4, packet, direction);
}

static __always_inline void read_v6(struct __sk_buff *skb, __u32 at, struct packet *packet, __u32 direction)
{
	struct ipv6hdr ip;
	__u8 head[2];
	__u8 next;
	int i;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.version != 6)
		return;
	packet->version = 6;
	__builtin_memcpy(packet->own, direction == HS_TO_SERVER ? &ip.daddr : &ip.saddr, sizeof(packet->own));
	__builtin_memcpy(packet->peer, direction == HS_TO_SERVER ? &ip.saddr : &ip.daddr, sizeof(packet->peer));
	packet->known |= HS_KNOWN_ADDRESSES;
	next = ip.nexthdr;
	at += sizeof(ip);
	for (i = 0; i < HS_HEADERS; i++) {
		switch (next) {
		case IPPROTO_ROUTING: /* as with IPv4's source route */
			packet->known &= ~HS_KNOWN_ADDRESSES;
			/* fallthrough */
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
			if (bpf_skb_load_bytes(skb, at, head, sizeof(head)))
				return;
			next = head[0];
			at += (head[1] + 1) * 8;
			break;
		case IPPROTO_FRAGMENT: /* what follows is told by another piece (RFC 8200, 4.5) */
		case IPPROTO_AH:       /* and further headers: an end may take them off */
		case IPPROTO_MH:
		case 139: /* HIP */
		case 140: /* Shim6 */
			return;
		default:
			packet->protocol = next;
			read_ports(skb, at, packet, direction);
			return;
		}
	}
}

static __always_inline void read_packet(struct __sk_buff *skb, struct packet *packet, __u32 direction)
{
	__u32 at = ETH_HLEN;
	__be16 type = 0;
	int i, tags = skb->vlan_present ? HS_TAGS - 1 : HS_TAGS; /* the outermost may have been taken off */

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &type, sizeof(type)))
		return;
	for (i = 0; i < HS_TAGS; i++) {
		if (i >= tags)
			break;
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if (bpf_skb_load_bytes(skb, at + 2, &type, sizeof(type)))
			return;
		at += 4;
	}
	if (type == bpf_htons(ETH_P_IP))
		read_v4(skb, at, packet, direction);
	else if (type == bpf_htons(ETH_P_IPV6))
		read_v6(skb, at, packet, direction);
}

static __always_inline __u32 by_ports(const struct filter *filter, const struct packet *packet)
{
	__u32 own = filter->any_own, peer = filter->any_peer;
	__u32 i;

	if (!(packet->known & HS_HAS_PORTS))
		return own & peer;
	for (i = 0; i < HS_PORTS; i++) {
		const struct ports *p = &filter->port[i];

		if (i >= filter->ports)
			break;
		if (packet->own_port >= p->first && packet->own_port <= p->last)
			own |= p->own;
		if (packet->peer_port >= p->first && packet->peer_port <= p->last)
			peer |= p->peer;
	}
	return own & peer;
}

static __always_inline __u32 by_network(const struct filter *filter, const struct packet *packet)
{
	__u32 rules = filter->any_network;
	__u32 i;

	for (i = 0; i < HS_NETWORKS; i++) {
		const struct network *n = &filter->network[i];

		if (i >= filter->networks)
			break;
		if (packet->version == n->version &&
		    !(((packet->peer[0] ^ n->address[0]) & n->mask[0]) | ((packet->peer[1] ^ n->address[1]) & n->mask[1]) |
		      ((packet->peer[2] ^ n->address[2]) & n->mask[2]) | ((packet->peer[3] ^ n->address[3]) & n->mask[3])))
			rules |= n->rules;
	}
	return rules;
}

static __always_inline bool selected(const struct filter *filter, const struct packet *packet, __u32 direction)
{
	__u32 maybe = filter->direction[direction & 1];
	__u32 surely = maybe;
	__u32 rules;

	if (packet->known & HS_KNOWN_PROTOCOL) {
		rules = filter->protocol[packet->protocol];
		maybe &= rules;
		surely &= rules;
	} else {
		surely &= filter->any_protocol;
	}
	if (packet->known & HS_KNOWN_PORTS) {
		rules = by_ports(filter, packet);
		maybe &= rules;
		surely &= rules;
	} else {
		surely &= filter->any_own & filter->any_peer;
	}
	if (packet->known & HS_KNOWN_ADDRESSES) {
		rules = by_network(filter, packet);
		maybe &= rules;
		surely &= rules;
	} else {
		surely &= filter->any_network;
	}
	return (!filter->only || (maybe & filter->only)) && !(surely & filter->except);
}

static __always_inline __u32 mix(__u32 hash, __u32 value)
{
	hash = (hash ^ value) * 0x85ebca6b;
	hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
	return hash ^ (hash >> 16);
}

/* Both directions of a connection give the same number. */
static __always_inline __u32 flow(const struct packet *packet, __u32 seed)
{
	__u32 hash = mix(seed, (packet->own_port << 16) | packet->peer_port);
	int i;

	hash = mix(hash, packet->protocol);
#pragma unroll
	for (i = 0; i < 4; i++)
		hash = mix(mix(hash, packet->own[i]), packet->peer[i]);
	return hash;
}

enum verdict { HS_COPY, HS_BY_RULE, HS_BY_SAMPLE };

/* Not static: the verifier looks at it once, not once for every way through the headers. */
__noinline int hs_judge(const struct packet *packet, __u32 slot, __u32 direction)
{
	const struct filter *filter = bpf_map_lookup_elem(&hs_filter, &slot);

	if (!filter || !packet)
		return HS_COPY;
	if (!selected(filter, packet, direction))
		return HS_BY_RULE;
	/* What belongs to no flow that we know is in every sample. */
	if (filter->sample && (packet->known & HS_KNOWN_FLOW) == HS_KNOWN_FLOW && flow(packet, filter->seed) % filter->sample)
		return HS_BY_SAMPLE;
	return HS_COPY;
}

/* Is the frame to be copied? If not, it is counted. A function of its own: who filters nothing does not carry its registers. */
static __noinline bool wanted(struct __sk_buff *skb, __u32 slot, __u32 direction)
{
	__u32 zero = 0;
	struct left_out *left_out = bpf_map_lookup_elem(&hs_left_out, &zero);
	struct packet packet = {};
	int verdict;

	if (!left_out)
		return true;
	read_packet(skb, &packet, direction);
	verdict = hs_judge(&packet, slot, direction);
	if (verdict == HS_COPY)
		return true;
	if (verdict == HS_BY_RULE)
		left_out->by_rule++;
	else
		left_out->by_sample++;
	left_out->bytes += skb->len;
	return false;
}

#endif

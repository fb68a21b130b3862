// Rules of HyperSpector for files of a server. Few, and made not to match what a distribution installs; add your own by the pack's option 'rules'.
// Patterns are written so that this file does not match itself: a server VM that is based on the host has it too.

rule eicar_test_file {
  meta:
    description = "The EICAR test file: harmless, to see that files are looked at"
  strings:
    $text = { 58 35 4f 21 50 25 40 41 50 5b 34 5c 50 5a 58 35 34 28 50 5e 29 37 43 43 29 37 7d 24 }
  condition:
    $text at 0 and filesize < 200
}

rule php_web_shell {
  meta:
    description = "PHP that runs what a request brings"
  strings:
    $php = /<\?(php|=)/ nocase
    $code = /\b(eval|assert|create_function)\s*\(\s*([a-z0-9_]{1,20}\s*\(\s*){0,3}@?\$_(GET|POST|REQUEST|COOKIE|SERVER)\b/ nocase
    $command = /\b(system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)\s*\(\s*([a-z0-9_]{1,20}\s*\(\s*){0,3}@?\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
    $name = /\$_(GET|POST|REQUEST|COOKIE)\s*\[\s*['"]?\w{1,20}['"]?\s*\]\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
    $backtick = /`\s*\{?\$_(GET|POST|REQUEST|COOKIE)\b/
  condition:
    filesize < 4MB and $php and any of ($code, $command, $name, $backtick)
}

rule php_packed_code {
  meta:
    description = "PHP that unpacks text and runs it"
  strings:
    $php = /<\?(php|=)/ nocase
    $eval = /\b(eval|assert)\s*\(\s*(gzinflate|gzuncompress|gzdecode|str_rot13|strrev|base64_decode|rawurldecode)\s*\(\s*(gzinflate|gzuncompress|gzdecode|str_rot13|strrev|base64_decode|rawurldecode|['"])/ nocase
  condition:
    filesize < 4MB and all of them
}

rule jsp_web_shell {
  meta:
    description = "A JSP page that runs what a request brings"
  strings:
    $page = /<%[@!= \r\n]/
    $run = /getRuntime\s*\(\s*\)\s*\.\s*exec\s*\(/
    $builder = /new\s+ProcessBuilder\s*\(/
    $request = /request\s*\.\s*getParameter\s*\(/
  condition:
    filesize < 1MB and $page and $request and any of ($run, $builder)
}

rule reverse_shell {
  meta:
    description = "A script that hands a shell to another machine"
  strings:
    $bash = /\b(ba|z|k|da)?sh\s+-i\s*(>&|&>|>|<>)\s*\/dev\/(tcp|udp)\/[0-9a-z$]/
    $exec = /\bexec\s+\d{1,3}<>\s*\/dev\/(tcp|udp)\/[^\n]{1,200}\n?[^\n]{0,100}\b(ba|z|k|da)?sh\s[^\n]{0,40}<&\s*\d/
    // Not a shell that listens: that is what documentation of tools shows.
    $netcat = /\b(nc|ncat|netcat)(\.\w{1,12})?\s{1,4}(-[a-z]{1,3}\s{1,4})?([^\s|-][^\s|]{0,80}\s{1,4}\d{1,5}\s{1,4})?-[a-z]{0,4}[ec]\s{1,4}['"]?(\/usr)?\/bin\/(ba|da|z|k)?sh\b/
    $fifo = /mkfifo\s[^\n]{1,120}\/bin\/(ba|da)?sh\s+-i\s[^\n]{0,60}\|\s*(nc|ncat|netcat|openssl|telnet)\b/
    $socat = /\bsocat\s[^\n]{0,120}\bexec:['"]?(\/bin\/)?(ba|da)?sh\b/ nocase
    $python = /\bdup2\s*\(\s*\w{1,12}\.fileno\s*\(\s*\)\s*,\s*[012]\s*\)[^\x00]{0,300}(pty\.spawn|subprocess\.\w{1,12}|os\.(system|execl|popen))\s*\(\s*\[?\s*['"](\/bin\/)?(ba|da)?sh/
    $perl = /\bsocket\s*\([^\x00]{1,400}open\s*\(\s*STD(IN|OUT|ERR)\s*,\s*['"]>&\s*[A-Z]{1,8}['"]\s*\)[^\x00]{0,200}exec\s*[({]\s*['"]\/bin\/(ba|da)?sh/
    $php = /\bfsockopen\s*\([^\x00]{1,300}\b(proc_open|exec|shell_exec|system|passthru)\s*\(\s*['"](\/bin\/)?(ba|da)?sh\s+-i/
  condition:
    filesize < 1MB and any of them
}

rule downloads_and_runs {
  meta:
    description = "Fetches something from a bare address and gives it to a shell"
  strings:
    $pipe = /\b(curl|wget)\s[^\n|;]{0,200}https?:\/\/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}[:\/][^\n|;]{0,200}\|\s*(sudo\s+)?(ba|da)?sh\b/
    $file = /\b(curl|wget)\s[^\n|;]{0,200}https?:\/\/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}[:\/][^\n]{0,200}[;&]\s*chmod\s+(\+x|[0-7]*7[0-7]*)\s/
  condition:
    filesize < 1MB and any of them
}

rule crypto_miner {
  meta:
    description = "A program, a script or a configuration that mines a crypto-currency for somebody"
  strings:
    $stratum = /stratum(\+(tcp|ssl|tls|udp))?:\/\/[0-9a-z%{$]/ nocase
    $pool = /\b(pool\.)?(minexmr|supportxmr|nanopool|moneroocean|hashvault|c3pool|2miners|nicehash|dwarfpool|f2pool|unmineable)\.(com|org|stream|pro|net)\b/ nocase
    $donate = /\bdonate-(level|over-proxy)\b/
    $hash = /\b(cryptonight|rx\/0|randomx|argon2\/chukwa)\b/ nocase
    $name = /\b(xmrig|xmr-stak|cpuminer|minerd|ccminer|kinsing|kdevtmpfsi)\b/
    $pools = /"pools"\s*:\s*\[/
  condition:
    filesize < 16MB and
    (uint32(0) == 0x464c457f and 3 of ($stratum, $pool, $donate, $hash, $name) or
     uint16(0) == 0x2123 and ($pool or $stratum) or
     uint8(0) == 0x7b and $pools and ($donate or $pool or $stratum or $hash))
}

rule preload_rootkit {
  meta:
    description = "A library that hides files and processes from the programs that it is loaded into"
  strings:
    $filter = { 70 72 6f 63 65 73 73 5f 74 6f 5f 66 69 6c 74 65 72 }
    $preload = { 6c 64 2e 73 6f 2e 70 72 65 6c 6f 61 64 }
    $next = { 00 64 6c 73 79 6d 00 }
    $readdir = /\x00readdir(64)?\x00/
    $hide = /\x00(__)?[lf]?xstat(64)?\x00|\x00fopen(64)?\x00|\x00unlinkat\x00/
  condition:
    uint32(0) == 0x464c457f and filesize < 4MB and $next and $readdir and ($filter or $preload and $hide)
}

rule kernel_rootkit {
  meta:
    description = "A kernel module that hides itself and gives root to who knows the signal"
  strings:
    $diamorphine = { 64 69 61 6d 6f 72 70 68 69 6e 65 5f }
    $root = { 67 69 76 65 5f 72 6f 6f 74 }
    $hide = { 6d 6f 64 75 6c 65 5f 68 69 64 65 }
    $suterusu = { 73 75 74 65 72 75 73 75 }
    $module = { 00 76 65 72 6d 61 67 69 63 3d }
  condition:
    uint32(0) == 0x464c457f and filesize < 4MB and $module and ($diamorphine or $suterusu or ($root and $hide))
}

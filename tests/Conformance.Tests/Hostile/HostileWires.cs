using System.IO.Compression;
using System.Text;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Requests that are hostile below JSON: framing, headers, compression, and what is no HTTP at all.</summary>
internal static class HostileWires
{
    private const int BombBytes = 128 << 20;
    private static readonly Lazy<byte[]> Bomb = new(static () => Gzip(new byte[BombBytes]));

    /// <summary>A whole request with a true Content-Length.</summary>
    public static byte[] Frame(string method, string path, byte[] body, string headers = "") =>
    [
        .. Encoding.Latin1.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n{headers}\r\n"), .. body,
    ];

    /// <summary>A compressed body that is damaged, cut, not what it says, or far larger than it looks.</summary>
    public static HostileRequest Compressed(Dice dice)
    {
        var good = Encoding.UTF8.GetBytes(HostileBodies.Good(HostileModels.Linear));
        var (encoding, body) = dice.Below(7) switch
        {
            0 => ("gzip", Mutation.Apply(dice, Gzip(good))),
            1 => ("deflate", Mutation.Apply(dice, Gzip(good)[10..])),
            2 => ("gzip", good),
            3 => ("deflate", dice.Bytes(dice.Below(100))),
            4 => (dice.Pick("br", "zstd", "gzip, gzip", "x-gzip", ""), Gzip(good)),
            5 when dice.OneIn(4) => ("gzip", Bomb.Value),
            _ => ("gzip", Gzip(good)[..dice.Below(40)]),
        };
        return new HostileRequest("compressed", Frame("POST", "/v2/models/linear/infer", body, $"Content-Encoding: {encoding}\r\n"), HostileEnd.Answer);
    }

    /// <summary>A request whose framing lies or ends early.</summary>
    public static HostileRequest Framing(Dice dice)
    {
        var body = HostileBodies.Good(HostileModels.Linear);
        var head = $"POST /v2/models/linear/infer HTTP/1.1\r\nHost: localhost\r\n";
        var text = dice.Below(12) switch
        {
            0 => $"{head}Content-Length: {body.Length + 1 + dice.Below(1000)}\r\n\r\n{body}",
            1 => $"{head}Content-Length: {dice.Below(body.Length)}\r\n\r\n{body}",
            2 => $"{head}Content-Length: {dice.Pick("-1", "1e3", "99999999999999999999", "0x10", "", "+5")}\r\n\r\n{body}",
            3 => $"{head}Content-Length: {body.Length}\r\nContent-Length: 3\r\n\r\n{body}",
            4 => $"{head}Content-Length: {body.Length}\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n",
            5 => $"{head}Transfer-Encoding: chunked\r\n\r\n{dice.Pick("zz", "-1", "ffffffffffffffff", "7fffffff")}\r\n{body}\r\n0\r\n\r\n",
            6 => $"{head}Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}",
            7 => $"{head}Transfer-Encoding: {dice.Pick("gzip", "chunked, gzip", "identity", "\0")}\r\n\r\n{body}",
            8 => $"{head}X-{new string('h', dice.Pick(100, 40_000))}: 1\r\nContent-Length: {body.Length}\r\n\r\n{body}",
            9 => head + string.Concat(Enumerable.Range(0, dice.Pick(50, 500)).Select(static i => $"X-{i}: {i}\r\n")) + $"Content-Length: {body.Length}\r\n\r\n{body}",
            10 => $"{head}Expect: {dice.Pick("100-continue", "200-ok", "")}\r\nContent-Length: {body.Length}\r\n\r\n{body}",
            _ => $"{head}Bad Header{dice.Pick("", ":", "\0: x")}\r\n folded\r\n\r\n",
        };
        return new HostileRequest("framing", Encoding.Latin1.GetBytes(text), dice.OneIn(3) ? HostileEnd.Cut : HostileEnd.HalfClose);
    }

    /// <summary>What is no request at all, in HTTP/1.1 or HTTP/2.</summary>
    public static HostileRequest Garbage(Dice dice)
    {
        byte[] bytes = dice.Below(6) switch
        {
            0 => dice.Bytes(dice.Below(300)),
            1 => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. dice.Bytes(dice.Below(200))],
            2 => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0, .. Frame(dice)],
            3 => Encoding.Latin1.GetBytes($"{dice.Pick("GET", "get", "G\0T", "", "CONNECT", "TRACE")} {dice.Pick("/", "*", "http://x/", "x", "", "/v2\0", "//", "/%")} {dice.Pick("HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP/", "")}\r\n\r\n"),
            4 => [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, .. dice.Bytes(100)],
            _ => Mutation.Apply(dice, Frame("POST", "/v2/models/linear/infer", "{}"u8.ToArray())),
        };
        return new HostileRequest("garbage", bytes, dice.OneIn(4) ? HostileEnd.Cut : HostileEnd.HalfClose);
    }

    /// <summary>A good request that stops in the middle.</summary>
    public static HostileRequest Half(Dice dice)
    {
        var whole = Frame("POST", "/v2/models/linear/infer", Encoding.UTF8.GetBytes(HostileBodies.Good(HostileModels.Linear)));
        return new HostileRequest("half", whole[..dice.Below(whole.Length)], dice.Pick(HostileEnd.Cut, HostileEnd.HalfClose));
    }

    /// <summary>A frame of HTTP/2 of any type, length and stream, with a payload that does not fit it.</summary>
    private static byte[] Frame(Dice dice) =>
        [0, (byte)dice.Below(2), (byte)dice.Below(256), (byte)dice.Below(12), (byte)dice.Below(256), 0, 0, 0, (byte)dice.Below(4), .. dice.Bytes(dice.Below(100))];

    private static byte[] Gzip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }
}

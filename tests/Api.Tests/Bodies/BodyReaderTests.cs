using System.IO.Compression;
using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Api.Bodies;
using Krewe.Api.Errors;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Tests.Bodies;

public sealed class BodyReaderTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Join(",", Enumerable.Range(0, 50_000)));

    public static TheoryData<string> Encodings => ["gzip", "x-gzip", "GZIP", "deflate", "raw", "identity", ""];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task Every_encoding_is_read(string encoding)
    {
        using var body = await ReadAsync(Compress(Text, encoding), encoding == "raw" ? "deflate" : encoding, new ApiLimits());

        Assert.True(body.Memory.Span.SequenceEqual(Text));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task A_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(string encoding)
    {
        var header = encoding == "raw" ? "deflate" : encoding;
        using var body = await ReadAsync(Compress(Text, encoding), header, new ApiLimits { MaxBodyBytes = Text.Length });
        Assert.Equal(Text.Length, body.Memory.Length);

        var refusal = await Assert.ThrowsAsync<KreweException>(
            async () => await ReadAsync(Compress(Text, encoding), header, new ApiLimits { MaxBodyBytes = Text.Length - 1 }));
        Assert.Equal(KreweErrorCode.PayloadTooLarge, refusal.Code);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw")]
    public async Task A_bomb_stops_at_the_limit(string encoding)
    {
        var bomb = Compress(new byte[64 << 20], encoding);
        var before = GC.GetTotalAllocatedBytes();

        var refusal = await Assert.ThrowsAsync<KreweException>(
            async () => await ReadAsync(bomb, encoding == "raw" ? "deflate" : encoding, new ApiLimits { MaxBodyBytes = 1 << 20 }));

        Assert.Equal(KreweErrorCode.PayloadTooLarge, refusal.Code);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16 << 20);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("raw")]
    public async Task Damaged_or_cut_data_is_invalid_input(string encoding)
    {
        var header = encoding == "raw" ? "deflate" : encoding;
        var whole = Compress(Text, encoding);
        var damaged = (byte[])whole.Clone();
        damaged.AsSpan(whole.Length / 2, 400).Fill(0xFF);
        foreach (var (what, bytes) in ((string, byte[])[])[("damaged", damaged), ("cut", whole[..(whole.Length / 2)]), ("cut at its end", whole[..^1]), ("plain", Text), ("cut at its start", whole[..1])])
        {
            var refusal = await Record.ExceptionAsync(async () => await ReadAsync(bytes, header, new ApiLimits())) as KreweException;
            Assert.True(refusal?.Code == KreweErrorCode.InvalidInput, what);
            Assert.Contains($"not valid {header} data", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip, gzip")]
    [InlineData("compress")]
    public async Task An_unknown_encoding_is_415(string encoding)
    {
        var problem = await Assert.ThrowsAsync<HttpProblem>(async () => await ReadAsync(Text, encoding, new ApiLimits()));

        Assert.Equal(415, problem.Status);
        Assert.Contains("expected gzip, deflate or identity", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_announced_length_beyond_the_limit_is_refused_before_reading()
    {
        var context = Context(new NeverStream());
        context.Request.ContentLength = 11;

        var refusal = await Assert.ThrowsAsync<KreweException>(
            async () => await BodyReader.ReadAsync(context.Request, new ApiLimits { MaxBodyBytes = 10 }, 0, Token));

        Assert.Equal(KreweErrorCode.PayloadTooLarge, refusal.Code);
    }

    [Fact]
    public async Task An_announced_length_costs_no_memory_until_bytes_come()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var context = Context(new NeverStream());
        context.Request.ContentLength = 60 << 20;
        var before = GC.GetAllocatedBytesForCurrentThread();

        var reading = BodyReader.ReadAsync(context.Request, new ApiLimits(), 0, stop.Token).AsTask();

        Assert.False(reading.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(123)]
    public async Task The_place_asked_for_is_aligned(int alignAt)
    {
        var context = Context(new MemoryStream(Text));
        context.Request.ContentLength = Text.Length;
        using var body = await BodyReader.ReadAsync(context.Request, new ApiLimits(), alignAt, Token);

        Assert.True(body.Memory.Span.SequenceEqual(Text));
        Assert.Equal(0, AddressOf(body.Memory.Span[alignAt..]) % PooledBuffer.Alignment);
    }

    private static unsafe long AddressOf(ReadOnlySpan<byte> pinned)
    {
        fixed (byte* start = pinned)
        {
            return (long)start;
        }
    }

    [Fact]
    public async Task The_servers_own_limit_becomes_ours()
    {
        var feature = new SizeFeature();
        var context = Context(new MemoryStream(Text));
        context.Features.Set<IHttpMaxRequestBodySizeFeature>(feature);

        using var body = await BodyReader.ReadAsync(context.Request, new ApiLimits { MaxBodyBytes = 1234567 }, 0, Token);

        Assert.Equal(1234567, feature.MaxRequestBodySize);
    }

    private static async Task<RequestBody> ReadAsync(byte[] bytes, string encoding, ApiLimits limits)
    {
        var context = Context(new MemoryStream(bytes));
        if (encoding.Length > 0)
        {
            context.Request.Headers.ContentEncoding = encoding;
        }

        return await BodyReader.ReadAsync(context.Request, limits, 0, Token);
    }

    private static DefaultHttpContext Context(Stream body)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = body;
        return context;
    }

    private static byte[] Compress(byte[] bytes, string encoding)
    {
        using var target = new MemoryStream();
        using (Stream stream = encoding.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true),
            "DEFLATE" => new ZLibStream(target, CompressionLevel.Fastest, leaveOpen: true),
            "RAW" => new DeflateStream(target, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BufferedStream(target),
        })
        {
            stream.Write(bytes);
            stream.Flush();
            return stream is BufferedStream ? target.ToArray() : Finish(stream, target);
        }
    }

    private static byte[] Finish(Stream stream, MemoryStream target)
    {
        stream.Dispose();
        return target.ToArray();
    }

    private sealed class SizeFeature : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }

    /// <summary>A client that sends nothing.</summary>
    private sealed class NeverStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

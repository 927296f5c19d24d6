using System.Buffers;
using System.IO.Compression;
using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Api.Bodies;
using Krewe.Api.TensorJson;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Responses;

/// <summary>
/// Writes a response body. A small one stays in a pooled buffer and is sent with its Content-Length; a larger one is streamed, which
/// bounds memory for slow clients (backpressure).
/// </summary>
internal sealed class ResponseSink(HttpContext context) : IAsyncDisposable
{
    /// <summary>Smaller bodies are not compressed.</summary>
    private const int MinCompressedLength = 1024;

    private const int MinSpace = 128;

    private const int BufferSize = 64 << 10;

    /// <summary>Bytes passed to the server at once, to keep its buffer small.</summary>
    private const int PieceSize = 256 << 10;

    /// <summary>The longest that a caller may take to read an answer that does not fit into the connection's buffers.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(10);

    private readonly HttpResponse response = context.Response;
    private CancellationTokenSource? giveUp;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int used;
    private Stream? target;
    private Stream? compressor;

    /// <summary>True to measure only: drained bytes are dropped.</summary>
    public bool MeasuresOnly { get; set; }

    /// <summary>Bytes drained from the buffer.</summary>
    public long Drained { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Length => Drained + used;

    /// <summary>Free space in the buffer.</summary>
    public Span<byte> Space => buffer.AsSpan(used);

    /// <summary>Commits bytes written to <see cref="Space"/>.</summary>
    public void Advance(int count) => used += count;

    /// <summary>Appends short content, growing the buffer if needed.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Ensure(bytes.Length);
        bytes.CopyTo(Space);
        used += bytes.Length;
    }

    /// <summary>Appends a number.</summary>
    public void Write(long number)
    {
        Ensure(TensorDataWriter.MinSpace);
        number.TryFormat(Space, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        used += length;
    }

    /// <summary>Appends a JSON string with quotes.</summary>
    public void WriteString(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = most <= 512 ? stackalloc byte[most] : new byte[most];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        Ensure((utf8.Length * JsonStringWriter.MaxExpansion) + JsonStringWriter.MaxExpansion + 2);
        buffer[used++] = (byte)'"';
        JsonStringWriter.Write(utf8, Space, out _, out var written);
        used += written;
        buffer[used++] = (byte)'"';
    }

    /// <summary>Ensures space for brackets and short literals, draining a full buffer.</summary>
    public ValueTask EnsureSpaceAsync() => Space.Length < MinSpace ? DrainAsync() : default;

    /// <summary>Discards what was measured.</summary>
    public void Restart() => (MeasuresOnly, used, Drained) = (false, 0, 0);

    /// <summary>Sets the headers of the body; <paramref name="length"/> is in bytes, null if unknown.</summary>
    public void Start(string contentType, long? length)
    {
        response.ContentType = contentType;
        var isWorthCompressing = length is null or > MinCompressedLength;
        var encoding = isWorthCompressing ? ContentEncodings.ForResponse(context.Request.Headers.AcceptEncoding) : ContentEncoding.Identity;
        if (encoding == ContentEncoding.Identity)
        {
            response.ContentLength = length;
            target = response.Body;
            return;
        }

        response.Headers.ContentEncoding = encoding.Name();
        response.Headers.Vary = "Accept-Encoding";
        target = compressor = encoding == ContentEncoding.Gzip
            ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
    }

    /// <summary>Sends the buffer's content.</summary>
    public async ValueTask DrainAsync()
    {
        if (!MeasuresOnly)
        {
            if (target is null)
            {
                Start("application/json", null);
            }

            await WriteAsync(buffer.AsMemory(0, used));
        }

        Drained += used;
        used = 0;
    }

    /// <summary>Sends bytes without copying, after the buffer's content.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length <= buffer.Length - used)
        {
            Write(bytes.Span);
            return;
        }

        await DrainAsync();
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(PieceSize, bytes.Length)..])
        {
            await WriteAsync(bytes[..Math.Min(PieceSize, bytes.Length)]);
        }
    }

    /// <summary>Sends the rest; a body that is still buffered is sent as JSON with Content-Length.</summary>
    public async ValueTask CompleteAsync()
    {
        if (target is null)
        {
            Start("application/json", used);
        }

        await DrainAsync();
        if (compressor is not null)
        {
            await compressor.DisposeAsync();
            compressor = null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var rented = buffer;
        (buffer, used) = ([], 0);
        Return(rented);
        giveUp?.Dispose();
        if (compressor is not null)
        {
            // Not completed: a proper end of the stream would look like a complete body.
            context.Abort();
            await compressor.DisposeAsync();
        }
    }

    private ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var written = target!.WriteAsync(bytes, context.RequestAborted);
        if (!written.IsCompleted && giveUp is null)
        {
            // The outputs are in memory until they are read.
            giveUp = new CancellationTokenSource(MaxTime);
            giveUp.Token.UnsafeRegister(static abandoned => ((HttpContext)abandoned!).Abort(), context);
        }

        return written;
    }

    private void Ensure(int count)
    {
        if (buffer.Length - used >= count)
        {
            return;
        }

        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, used + count));
        buffer.AsSpan(0, used).CopyTo(grown);
        Return(buffer);
        buffer = grown;
    }

    private static void Return(byte[] rented)
    {
        FreedMemory.Poison(rented);
        ArrayPool<byte>.Shared.Return(rented);
    }
}

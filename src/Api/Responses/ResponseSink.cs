using System.Buffers;
using System.IO.Compression;
using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Api.Bodies;
using Krewe.Api.TensorJson;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Responses;

/// <summary>
/// Takes a response's body. What is small stays in one pooled buffer until it is complete and goes out with its
/// Content-Length; what is larger streams, so that memory stays bounded however slowly the client reads.
/// </summary>
internal sealed class ResponseSink(HttpContext context) : IAsyncDisposable
{
    /// <summary>Below this a compressed body is not worth its cost.</summary>
    private const int LeastCompressed = 1024;

    private const int LeastRoom = 128;

    private const int BufferSize = 64 << 10;

    /// <summary>Bytes handed to the server at once, so that its own buffer stays small.</summary>
    private const int PieceSize = 256 << 10;

    private readonly HttpResponse response = context.Response;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int used;
    private Stream? target;
    private Stream? compressor;

    /// <summary>True while the body is only measured: what leaves the buffer is dropped.</summary>
    public bool MeasuresOnly { get; set; }

    /// <summary>Bytes that have left the buffer.</summary>
    public long Drained { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Length => Drained + used;

    /// <summary>Free room in the buffer.</summary>
    public Span<byte> Room => buffer.AsSpan(used);

    /// <summary>Counts bytes written into <see cref="Room"/>.</summary>
    public void Advance(int count) => used += count;

    /// <summary>Adds a short piece; the buffer grows where it must.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Ensure(bytes.Length);
        bytes.CopyTo(Room);
        used += bytes.Length;
    }

    /// <summary>Adds a number.</summary>
    public void Write(long number)
    {
        Ensure(TensorDataWriter.LeastRoom);
        number.TryFormat(Room, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        used += length;
    }

    /// <summary>Adds a name or the like as a JSON string, quotes included.</summary>
    public void WriteString(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = most <= 512 ? stackalloc byte[most] : new byte[most];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        Ensure((utf8.Length * JsonStringWriter.MaxExpansion) + JsonStringWriter.MaxExpansion + 2);
        buffer[used++] = (byte)'"';
        JsonStringWriter.Write(utf8, Room, out _, out var written);
        used += written;
        buffer[used++] = (byte)'"';
    }

    /// <summary>Makes room for brackets and short words, sending what fills the buffer.</summary>
    public ValueTask MakeRoomAsync() => Room.Length < LeastRoom ? DrainAsync() : default;

    /// <summary>Forgets what was measured.</summary>
    public void Restart() => (MeasuresOnly, used, Drained) = (false, 0, 0);

    /// <summary>Sets the headers of the body; <paramref name="length"/> in bytes is null where it is not known.</summary>
    public void Start(string contentType, long? length)
    {
        response.ContentType = contentType;
        var isWorth = length is null or > LeastCompressed;
        var encoding = isWorth ? ContentEncodings.ForResponse(context.Request.Headers.AcceptEncoding) : ContentEncoding.Identity;
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

    /// <summary>Sends what is in the buffer.</summary>
    public async ValueTask DrainAsync()
    {
        if (!MeasuresOnly)
        {
            if (target is null)
            {
                Start("application/json", null);
            }

            await target!.WriteAsync(buffer.AsMemory(0, used), context.RequestAborted);
        }

        Drained += used;
        used = 0;
    }

    /// <summary>Sends bytes as they are, behind what is in the buffer.</summary>
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
            await target!.WriteAsync(bytes[..Math.Min(PieceSize, bytes.Length)], context.RequestAborted);
        }
    }

    /// <summary>Sends the rest; a body that was never sent before goes as JSON of known length.</summary>
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
        if (compressor is not null)
        {
            // Not completed: its end must not make the client believe that this was all.
            context.Abort();
            await compressor.DisposeAsync();
        }
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

using System.Formats.Tar;
using System.Net;

namespace Krewe.Processes;

/// <summary>A tar archive with a model and a large file beside it, made as it is sent.</summary>
public sealed class TarContent(byte[] model, long bytes) : HttpContent
{
    /// <summary>Writes it at once.</summary>
    public static void Write(Stream stream, byte[] model, long bytes)
    {
        using var writer = new TarWriter(stream, leaveOpen: true);
        writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, "model.onnx") { DataStream = new MemoryStream(model) });
        writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, "beside.bin") { DataStream = new Zeros(bytes) });
    }

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var writer = new TarWriter(stream, leaveOpen: true);
        await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, "model.onnx") { DataStream = new MemoryStream(model) });
        await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, "beside.bin") { DataStream = new Zeros(bytes) });
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            buffer.AsSpan(offset, read).Clear();
            Position += read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = offset + (origin == SeekOrigin.Current ? Position : origin == SeekOrigin.End ? length : 0);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Api.Errors;
using Krewe.Api.Grpc.Errors;

namespace Krewe.Api.Grpc.Compression;

/// <summary>
/// A compression whose messages count for <see cref="CallMemory"/> while they are decompressed: the library does so into a buffer that
/// doubles. What the message is read into counts by itself.
/// </summary>
internal sealed class CountedCompression(ICompressionProvider inner) : ICompressionProvider
{
    /// <inheritdoc/>
    public string EncodingName => inner.EncodingName;

    /// <inheritdoc/>
    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        inner.CreateCompressionStream(stream, compressionLevel);

    /// <inheritdoc/>
    public Stream CreateDecompressionStream(Stream stream) => new Decompressed(inner.CreateDecompressionStream(stream));

    private sealed class Decompressed(Stream inner) : Stream
    {
        private const int BufferFactor = 2;
        private MemoryReservation? reservation;
        private long length;
        private long counted;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => length; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = inner.Read(buffer);
            length += count;
            if (length > counted && length > CallMemory.Uncounted)
            {
                // As the buffer grows.
                Take(Math.Max(length, BufferFactor * counted));
            }

            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
                reservation?.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Take(long bytes)
        {
            try
            {
                if (reservation is null)
                {
                    reservation = CallMemory.Shared.Reserve(BufferFactor * bytes);
                }
                else
                {
                    reservation.Add(BufferFactor * (bytes - counted));
                }

                counted = bytes;
            }
            catch (KreweException error)
            {
                var status = new Status(StatusCode.ResourceExhausted, error.Message);
                throw new RpcException(status, RetryTrailers.Of(status, ErrorAnswer.Of(error)));
            }
        }
    }
}

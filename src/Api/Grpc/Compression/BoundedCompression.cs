using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;
using Krewe.Api.Bodies;

namespace Krewe.Api.Grpc.Compression;

/// <summary>A compression of messages. A message that is damaged, or larger than the limit once it is decompressed, is an error.</summary>
internal sealed class BoundedCompression(ICompressionProvider inner, long limit) : ICompressionProvider
{
    public string EncodingName => inner.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        inner.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) =>
        new Decompression(inner.CreateDecompressionStream(stream), EncodingName, limit);

    private sealed class Decompression(Stream inner, string encoding, long limit) : Stream
    {
        private long read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => read;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            try
            {
                var count = inner.Read(buffer);
                read += count;
                return read <= limit
                    ? count
                    : throw new RpcException(new Status(StatusCode.ResourceExhausted, BodyBuffer.TooLarge(limit).Message));
            }
            catch (InvalidDataException)
            {
                throw new RpcException(new Status(
                    StatusCode.InvalidArgument,
                    $"the message is not valid {encoding} data as its grpc-encoding says (damaged or truncated)"));
            }
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
            }

            base.Dispose(disposing);
        }
    }
}

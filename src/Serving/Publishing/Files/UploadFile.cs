using System.Security.Cryptography;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.Publishing.Files;

/// <summary>Receives an upload: writes, counts and hashes the bytes, and enforces the size limit.</summary>
internal sealed class UploadFile(string path, long maxBytes) : IDisposable
{
    private readonly SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Appends bytes; throws <see cref="KreweErrorCode.PayloadTooLarge"/> before exceeding the limit.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.Length > maxBytes - Length)
        {
            throw TooLarge(maxBytes);
        }

        hash.AppendData(bytes.Span);
        await RandomAccess.WriteAsync(file, bytes, Length, cancellationToken);
        Length += bytes.Length;
    }

    /// <summary>Closes the file; returns its digest.</summary>
    public Sha256Digest Finish()
    {
        file.Dispose();
        return Sha256Digest.FromBytes(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        file.Dispose();
        hash.Dispose();
    }

    public static KreweException TooLarge(long maxBytes) =>
        KreweException.PayloadTooLarge($"a version of more than {ErrorText.Bytes(maxBytes)} cannot be published here");
}

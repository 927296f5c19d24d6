using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Tls;

/// <summary>The files of a certificate, and of the authorities that peers' certificates must come from.</summary>
public sealed class TlsFiles
{
    /// <summary>The certificate: PEM, with those of intermediate authorities after it, or PFX. Null for no TLS.</summary>
    public string? Certificate { get; set; }

    /// <summary>The private key in PEM; null if the certificate's file has it.</summary>
    public string? Key { get; set; }

    /// <summary>The file whose first line is the password of a PFX file or an encrypted key; null for none.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The certificates in PEM of the authorities that peers must have a certificate of; null to ask peers for none.</summary>
    public string? Authority { get; set; }

    /// <summary>What is in the files; throws <see cref="KreweException"/> (InvalidInput) that names one that cannot be read.</summary>
    internal TlsFileContents Read() => new(Bytes(Certificate), Bytes(Key), Bytes(PasswordFile), Bytes(Authority));

    private static ReadOnlyMemory<byte> Bytes(string? path)
    {
        try
        {
            return path is null ? default : File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw KreweException.InvalidInput($"'{path}' cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>What is in the files of a certificate; equal if all bytes are.</summary>
internal readonly record struct TlsFileContents(
    ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Password, ReadOnlyMemory<byte> Authority)
{
    public bool Equals(TlsFileContents other) => Certificate.Span.SequenceEqual(other.Certificate.Span)
        && Key.Span.SequenceEqual(other.Key.Span) && Password.Span.SequenceEqual(other.Password.Span)
        && Authority.Span.SequenceEqual(other.Authority.Span);

    public override int GetHashCode() => HashCode.Combine(Certificate.Length, Key.Length, Password.Length, Authority.Length);
}

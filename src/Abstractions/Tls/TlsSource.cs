using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Tls;

/// <summary>The certificate in force, which follows its files.</summary>
public sealed class TlsSource
{
    private readonly TlsFiles files;
    private readonly TimeProvider time;
    private TlsFileContents contents;
    private volatile TlsIdentity current;
    private string? seen;
    private string? told;

    /// <summary>Reads the files; throws <see cref="KreweException"/> (InvalidInput) if they cannot be used.</summary>
    public TlsSource(TlsFiles files, TimeProvider time)
    {
        (this.files, this.time) = (files, time);
        contents = files.Read();
        current = TlsIdentity.Of(files, contents, time);
    }

    /// <summary>What new handshakes use.</summary>
    public TlsIdentity Current => current;

    /// <summary>The file of the certificate, for messages.</summary>
    public string Name => files.Certificate ?? "";

    /// <summary>
    /// Reads the files again and puts what is in them in force if it is another; else everything stays as it is. Not called concurrently.
    /// </summary>
    /// <returns>
    /// What happened, if it is new: files that cannot be used are a problem once, and only if they are the same when read a second time,
    /// because a certificate and its key are seldom replaced in one step.
    /// </returns>
    public TlsChange Reload()
    {
        try
        {
            var read = files.Read();
            if (read == contents)
            {
                seen = told = null;
                return default;
            }

            current = TlsIdentity.Of(files, read, time);
            contents = read;
            seen = told = null;
            return new TlsChange(true, null);
        }
        catch (KreweException error)
        {
            var isNew = error.Message == seen && error.Message != told;
            seen = error.Message;
            told = isNew ? error.Message : told;
            return new TlsChange(false, isNew ? error.Message : null);
        }
    }
}

/// <summary>What reading the files of a certificate again has led to.</summary>
/// <param name="IsReplaced">True if another certificate is in force.</param>
/// <param name="Problem">Why what is in the files cannot be used; null if it can, or if that was said before.</param>
public readonly record struct TlsChange(bool IsReplaced, string? Problem);

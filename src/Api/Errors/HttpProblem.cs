namespace Krewe.Api.Errors;

/// <summary>
/// A failure that only HTTP knows, such as 415 for an encoding nobody can read. The message is for the caller; everything that
/// other transports know too is a <see cref="Krewe.Abstractions.Errors.KreweException"/>.
/// </summary>
internal sealed class HttpProblem(int status, string message) : Exception(message)
{
    /// <summary>The status of the answer, 4xx.</summary>
    public int Status { get; } = status;

    /// <summary>A header that says what would be taken (RFC 9110, section 15.5.16); null for none.</summary>
    public (string Name, string Value)? Header { get; init; }
}

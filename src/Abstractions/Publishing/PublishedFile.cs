namespace Krewe.Abstractions;

/// <summary>One file of a published version.</summary>
/// <param name="Name">Its path below the version's folder, parts separated by '/'.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">What it hashes to.</param>
public readonly record struct PublishedFile(string Name, long SizeBytes, Sha256Digest Sha256);

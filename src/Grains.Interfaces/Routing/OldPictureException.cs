namespace Krewe.Grains.Interfaces;

/// <summary>Within an error of a call: the version was taken out for everybody, and this process's picture did not show it.</summary>
internal sealed class OldPictureException() : Exception("the picture of the cluster is old");

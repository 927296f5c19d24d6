namespace Krewe.Grains.Interfaces;

/// <summary>A reply was lost on its way, and its memory is given back: the same call may be made again, here or elsewhere.</summary>
[GenerateSerializer, Alias("krewe.reply-lost")]
public sealed class ReplyLostException(string message) : Exception(message);

using System.Globalization;
using System.Text;

namespace Krewe.Api.TensorJson;

/// <summary>The array of tensor data that is being read: of one dimension, or the flat array.</summary>
internal readonly ref struct TensorLevel(TensorSubject subject, int dimension, bool IsFlat)
{
    /// <summary>The tensor.</summary>
    public TensorSubject Subject { get; } = subject;

    /// <summary>True if one array holds all elements.</summary>
    public bool IsFlat { get; } = IsFlat;

    /// <summary>The path of this array, or of its next element, such as <c>data[1][0]</c>, from the number of elements read.</summary>
    public string Path(long elementsRead, bool ofElement)
    {
        var path = new StringBuilder("data");
        if (IsFlat)
        {
            return ofElement ? path.Append(CultureInfo.InvariantCulture, $"[{elementsRead}]").ToString() : path.ToString();
        }

        var last = dimension + (ofElement ? 1 : 0);
        for (var i = 0; i < last; i++)
        {
            long below = 1;
            foreach (var length in Subject.Shape[(i + 1)..])
            {
                below *= length;
            }

            path.Append(CultureInfo.InvariantCulture, $"[{(below == 0 ? 0 : elementsRead / below % Math.Max(1, Subject.Shape[i]))}]");
        }

        return path.ToString();
    }
}
